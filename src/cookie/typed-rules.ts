/** `SameSite=None` and Partitioned need Secure: browsers drop the cookie otherwise. */
export type SecureRules = { secure: true } | WithoutSecure;

export interface WithoutSecure {
  sameSite?: "strict" | "Strict" | "lax" | "Lax" | undefined;
  partitioned?: false | undefined;
}

/** A `__Host-` cookie is Secure, has no Domain, and is there for all paths: browsers drop it otherwise. */
export interface HostRules {
  secure: true;
  domain?: undefined;
  path?: "/" | undefined;
}

/**
 * `Then` for a name that begins with `__Host-`, in any case of letters; `Else` for another one, and for one that is only known
 * at run time.
 */
export type IfHost<Name extends string, Then, Else> =
  Lowercase<Name> extends `__host-${string}` ? Then : Else;

/** The parameter for the attributes of a cookie of this name, which one of `__Host-` cannot do without. */
export type AttributesFor<Name extends string, Given, Rules = HostRules> = IfHost<
  Name,
  [attributes: Given & Rules],
  [attributes?: Given]
>;

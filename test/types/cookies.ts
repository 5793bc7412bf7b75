// What browsers would drop does not compile where it is written down; what is only known at run time does.
import { cookies, type CookieAttributes, CookieJar } from "hipflask";
import { parseSetCookie, type SetCookie, stringifyDeletion, stringifySetCookie } from "hipflask/cookie";
import { expectTypeOf } from "vitest";

declare const name: string;
declare const text: string;
declare const maybe: string | undefined;
declare const isProduction: boolean;
declare const attributes: CookieAttributes;
const jar = cookies({});

expectTypeOf(jar).toEqualTypeOf<CookieJar>();
expectTypeOf(jar.get("a")).toEqualTypeOf<string | undefined>();
expectTypeOf([...jar]).toEqualTypeOf<[name: string, value: string][]>();

// Any cookie
jar.set("a", "b");
jar.set("a", "b", undefined);
jar.set("a", "b", { domain: maybe, path: text, secure: isProduction, httpOnly: true, sameSite: "Lax" });
jar.set("a", "b", { maxAge: 60, expires: new Date(), partitioned: false, sameSite: "strict" });
jar.set("a", "b", { secure: true, sameSite: "none", partitioned: true });
jar.set("a", "b", { secure: true, partitioned: isProduction });
// @ts-expect-error -- no such attribute
jar.set("a", "b", { maxage: 60 });
// @ts-expect-error -- no such policy
jar.set("a", "b", { sameSite: "sometimes" });
// @ts-expect-error -- seconds, not a date
jar.set("a", "b", { maxAge: new Date() });

// SameSite=None and Partitioned need Secure
// @ts-expect-error
jar.set("a", "b", { sameSite: "none" });
// @ts-expect-error
jar.set("a", "b", { sameSite: "None", secure: false });
// @ts-expect-error -- it may be false
jar.set("a", "b", { sameSite: "none", secure: isProduction });
// @ts-expect-error
jar.set("a", "b", { partitioned: true });
// @ts-expect-error
jar.delete("a", { partitioned: true });
// @ts-expect-error
stringifySetCookie("a", "b", { sameSite: "none" });
// @ts-expect-error
stringifyDeletion("a", { sameSite: "None" });
// @ts-expect-error
const wrong: CookieAttributes = { partitioned: true, secure: false };
void wrong;

// The names of `__Host-`
jar.set("__Host-a", "b", { secure: true });
jar.set("__Host-a", "b", { secure: true, path: "/", domain: undefined, sameSite: "none", maxAge: 60 });
jar.delete("__Host-a", { secure: true });
stringifySetCookie("__Host-a", "b", { secure: true, path: "/" }, { clock: { now: () => 0 } });
stringifyDeletion("__Host-a", { secure: true, path: "/" });
// @ts-expect-error
jar.set("__Host-a", "b");
// @ts-expect-error
jar.set("__Host-a", "b", { httpOnly: true });
// @ts-expect-error
jar.set("__Host-a", "b", { secure: isProduction });
// @ts-expect-error
jar.set("__Host-a", "b", { secure: true, domain: "example.com" });
// @ts-expect-error
jar.set("__Host-a", "b", { secure: true, domain: maybe });
// @ts-expect-error
jar.set("__Host-a", "b", { secure: true, path: "/app" });
// @ts-expect-error -- browsers compare names in any case of letters
jar.set("__hOST-a", "b", { secure: true, path: "/app" });
// @ts-expect-error
jar.set(`__Host-${name}`, "b", { secure: true, path: "/app" });
// @ts-expect-error -- it may have a Domain
jar.set("__Host-a", "b", attributes);
// @ts-expect-error
jar.delete("__Host-a");
// @ts-expect-error
jar.delete("__Host-a", { secure: true, path: "/app" });
// @ts-expect-error
stringifySetCookie("__Host-a", "b");
// @ts-expect-error -- nothing adds the path
stringifySetCookie("__Host-a", "b", { secure: true });
// @ts-expect-error
stringifyDeletion("__Host-a", { secure: true, path: "/", domain: "example.com" });

// Names and attributes that come from elsewhere
jar.set(name, text, attributes);
jar.set(name, text, { domain: "example.com" });
jar.delete(name, attributes);
stringifySetCookie(name, text, attributes, {});
stringifyDeletion(name, attributes);

function setForDay(to: Pick<CookieJar, "set">, key: string, rest: CookieAttributes = {}): void {
  to.set(key, "b", { ...rest, maxAge: 24 * 60 * 60 });
}
setForDay(new CookieJar("a=b"), "a", { secure: true, sameSite: "none" });

/** What other libraries' wrappers ask of a jar. */
const writer: { set(key: string, value: string, rest?: CookieAttributes): void } = jar;
void writer;

// What was read is as it came
expectTypeOf(parseSetCookie(text)).toEqualTypeOf<SetCookie | undefined>();
const read: SetCookie = { name: "a", value: "b", sameSite: "none" };
// @ts-expect-error -- so it may be what no browser takes
jar.set(read.name, read.value, read);

import { WELL_KNOWN_SECRETS } from "../../../signer/well-known-secrets.ts";
import { inspect } from "../../cookie/inspect.ts";
import { type Check, type Fault, requestOf } from "../fault.ts";

/** How applications write them; the list itself is without case. */
const KEYS = [...WELL_KNOWN_SECRETS].map((key) => ({ where: "a key that everybody knows", key }));
const PRIVATE_KEY =
  /pass(?:word|wd|phrase)?$|secret|api.?key|e.?mail|phone|address|birth|iban|card|ssn|token$/i;
const EMAIL = /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i;
const MAX_DEPTH = 8;

/** What everybody who holds the cookie can read, and whether everybody could have made it. */
export const checkContents: Check = async ({ first, cwd }) => {
  const faults: Fault[] = [];
  for (const exchange of first) {
    const where = requestOf(exchange);
    for (const { name, value } of exchange.set) {
      const now = Math.floor(exchange.at / 1000);
      const cookies = exchange.set;
      const known = { application: undefined, salt: undefined, cwd };
      const found = await inspect({ name, value, cookies, keys: KEYS, now, ...known }, undefined);
      if (found === undefined) continue;
      if (found.key !== undefined) {
        faults.push({
          code: "known-secret",
          severity: "high",
          where,
          cookie: name,
          message: `It is ${found.format}, made with a secret key that everybody knows: whoever tries the usual ones can make any session.`,
          fix: "Make a new key with npx hipflask secret make, and use it at once; all sessions end.",
        });
      }
      if (/alg none/.test(found.problem ?? "")) {
        faults.push({
          code: "unsigned-token",
          severity: "high",
          where,
          cookie: name,
          message: "It is a JWT that says that it has no signature (alg none): everybody can make one.",
          fix: "Sign it, and refuse tokens without a signature.",
        });
      }
      const names = found.readable.startsWith("by everybody") ? privateNames(found.content) : [];
      if (names.length > 0) {
        faults.push({
          code: "readable-data",
          severity: "high",
          where,
          cookie: name,
          message: `It is ${found.format}, which everybody who has the cookie can read, and holds ${names.join(", ")} (the values are not shown).`,
          fix: "Keep such data on the server, or in an encrypted cookie.",
        });
      }
    }
  }
  return faults;
};

/** The keys in JSON text that name what is private, or hold an e-mail address. */
function privateNames(json = "null"): string[] {
  const names = new Set<string>();
  const visit = (value: unknown, name: string, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    if (value !== null && typeof value === "object") {
      for (const [key, inner] of Object.entries(value))
        visit(inner, Array.isArray(value) ? name : key, depth + 1);
    } else if (typeof value === "string" && value !== "" && (PRIVATE_KEY.test(name) || EMAIL.test(value))) {
      names.add(/^[\w-]{1,40}$/.test(name) ? name : "a key");
    }
  };
  visit(JSON.parse(json), "", 0);
  return [...names].filter((name) => !/csrf/i.test(name));
}

import { decodedValue } from "../../cookie/decoded-value.ts";
import { MalformedError } from "../../errors.ts";
import { isSeal, openSeal } from "../../migrate/iron.ts";
import { type Sodium, secretboxOpener } from "../../migrate/sodium.ts";
import { driver } from "../driver.ts";
import { asJson } from "../json-text.ts";
import { APPLICATION, type Finding, type Inspection } from "./finding.ts";

/** iron refuses shorter passwords. */
const MIN_PASSWORD = 32;
const BOX_FORM = /^[A-Za-z0-9+/]{24,}={0,2};[A-Za-z0-9+/]{32}$/;

/** A seal of iron's: iron-session, hapi, hono-sessions' CookieStore. */
export function ironSeal({ value, name, cookies, keys }: Inspection): Finding | undefined {
  const base = name?.endsWith(".0") ? name.slice(0, -1) : undefined;
  const chunks = [1, 2, 3].map((i) => cookies.find((other) => base !== undefined && other.name === base + i));
  const seal = decodedValue(value + chunks.map((chunk) => chunk?.value ?? "").join(""));
  if (!isSeal(seal)) return undefined;
  const [, id, , , , end] = seal.split("*") as string[];
  const known = {
    format: "a seal of iron's (iron-session, hapi, hono-sessions)",
    readable: APPLICATION,
    isKeyed: true,
    ends: end === "" ? undefined : Math.floor(Number(end) / 1000),
    facts: { algorithm: "AES-256-CBC, HMAC-SHA-256", "password ID": id || "default" },
  };
  for (const { where, key } of keys) {
    if (key.length < MIN_PASSWORD) continue;
    try {
      // Whether it has ended is told with the other formats.
      const opened = openSeal(seal, new Map([[id || "default", key]]), Number.NEGATIVE_INFINITY);
      if (opened.refused === undefined)
        return { ...known, key: where, content: JSON.stringify(opened.value) };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return { ...known, key: where, problem: "it is genuine, but it holds no JSON" };
    }
  }
  return known;
}

/** A box of libsodium's: @fastify/secure-session. */
export async function sodiumBox({ value, keys, cwd }: Inspection): Promise<Finding | undefined> {
  const text = decodedValue(value);
  if (!BOX_FORM.test(text)) return undefined;
  const known = {
    format: "@fastify/secure-session's box",
    readable: APPLICATION,
    isKeyed: true,
    facts: { algorithm: "XSalsa20-Poly1305" },
  };
  const usable = keys.flatMap(({ where, key }) => {
    const bytes = Buffer.from(key, "base64");
    return bytes.length === 32 ? [{ where, bytes }] : [];
  });
  if (usable.length === 0)
    return { ...known, problem: keys.length === 0 ? undefined : "its key has 32 bytes; give them in base64" };
  const open = secretboxOpener(await sodium(cwd));
  const [box, nonce] = text.split(";").map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
  for (const { where, bytes } of usable) {
    const plain = open(box, nonce, bytes);
    if (plain === undefined) continue;
    const content = asJson(Buffer.from(plain).toString("utf8"));
    const { __ts: made } = Object(JSON.parse(content)) as { __ts?: unknown };
    return { ...known, key: where, made: typeof made === "number" ? made : undefined, content };
  }
  return known;
}

async function sodium(cwd: string): Promise<Sodium> {
  const module = await driver<Sodium & { default?: Sodium }>(cwd, ["sodium-native", "tweetnacl"]);
  return module.default ?? module;
}

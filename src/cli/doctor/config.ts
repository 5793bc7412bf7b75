import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSetCookie } from "../../cookie/index.ts";
import type { ConfigError } from "../../errors.ts";
import { createSessions, type SessionManager, type SessionOptions } from "../../session/index.ts";
import { type Io, UsageError } from "../io.ts";
import { keysIn, KEY_NAMES } from "../keys.ts";
import { readEnv } from "../secret/env-file.ts";
import { weakness } from "../secret/judge.ts";
import type { Fault } from "./fault.ts";

const MODULE = /^\.[cm]?[jt]s$/;
const NEW_KEY = "Make a key with npx hipflask secret make.";
/** Seconds; a session that nobody used for so long is more likely a thief's than its owner's. */
const LONGEST_LIFETIME = 90 * 24 * 60 * 60;

/** Looks at a configuration instead of a site. @throws UsageError for a file that cannot be read or holds none */
export async function examineConfig(file: string, io: Io): Promise<Fault[]> {
  const path = resolve(io.cwd, file);
  const found = MODULE.test(extname(file)) ? await faultsOfModule(path, file) : await faultsOfEnv(path, file);
  return found.map((fault) => ({ ...fault, where: file }));
}

type Found = Omit<Fault, "where">;

async function faultsOfEnv(path: string, file: string): Promise<Found[]> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new UsageError(`The file ${file} cannot be read.`);
  });
  const env = readEnv(text);
  const keys = keysIn(env, KEY_NAMES);
  const faults = keys.flatMap(({ where, key }) => weakKey(where, key));
  if (!env["SECRET_KEY"]) {
    faults.push({
      code: "no-secret",
      severity: "high",
      message: "SECRET_KEY is missing or empty.",
      fix: NEW_KEY,
    });
  }
  const isTrue = (name: string) => /^(?:1|true|yes|on)$/i.test(env[name] ?? "");
  const isSet = (name: string) => env[name] !== undefined;
  return [
    ...faults,
    ...cookieFaults({
      secure: isSet("SESSION_COOKIE_SECURE") ? isTrue("SESSION_COOKIE_SECURE") : undefined,
      httpOnly: isSet("SESSION_COOKIE_HTTPONLY") ? isTrue("SESSION_COOKIE_HTTPONLY") : undefined,
      sameSite: env["SESSION_COOKIE_SAMESITE"]?.toLowerCase(),
      domain: env["SESSION_COOKIE_DOMAIN"],
    }),
  ];
}

/** The module may make its sessions itself; then what was refused or warned of while it was loaded counts too. */
async function faultsOfModule(path: string, file: string): Promise<Found[]> {
  const warnings: string[] = [];
  const listen = (warning: Error) => {
    if (warning.name === "HipflaskWarning") warnings.push(warning.message);
  };
  const mode = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  process.on("warning", listen);
  try {
    const exported = Object.values((await import(pathToFileURL(path).href)) as Record<string, unknown>);
    const subjects = exported.flatMap((value) => (isDict(value) ? [value] : []));
    const faults = subjects.flatMap((value) =>
      isManager(value) ? faultsOfManager(value) : isOptions(value) ? faultsOfOptions(value) : [],
    );
    if (!subjects.some((value) => isManager(value) || isOptions(value))) {
      throw new UsageError(`${file} exports neither a SessionManager nor options of createSessions.`);
    }
    await new Promise((done) => setImmediate(done));
    return [
      ...faults,
      ...warnings.map((message): Found => ({
        code: "warned",
        severity: "medium",
        message,
        fix: "Do what the message says.",
      })),
    ];
  } catch (error) {
    if (isConfigError(error)) return [refused(error)];
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    process.off("warning", listen);
    if (mode === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = mode;
  }
}

function faultsOfManager({ cookie, settings }: SessionManager): Found[] {
  const { secure = false, httpOnly = false, sameSite, domain } = parseSetCookie(cookie.set("", undefined))!;
  return [...cookieFaults({ secure, httpOnly, sameSite, domain }), ...timeFaults(settings.timing)];
}

function faultsOfOptions(options: SessionOptions<Record<string, unknown>>): Found[] {
  const keys = [options.secretKey, ...(options.secretKeyFallbacks ?? [])];
  const weak = keys.flatMap((key, i) =>
    typeof key === "string" ? weakKey(i === 0 ? "secretKey" : "A key in secretKeyFallbacks", key) : [],
  );
  const faults = [...weak, ...cookieFaults(options.cookie ?? {}), ...timeFaults(options)];
  try {
    createSessions(options);
  } catch (error) {
    if (!isConfigError(error)) throw error;
    // A weak key has been told of.
    if (weak.length === 0 || error.code !== "SECRET_WEAK") faults.push(refused(error));
  }
  return faults;
}

function weakKey(where: string, key: string): Found[] {
  const problem = weakness(key);
  return problem === undefined
    ? []
    : [{ code: "weak-secret", severity: "high", message: `${where} ${problem}.`, fix: NEW_KEY }];
}

interface CookieFacts {
  readonly secure?: boolean | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly sameSite?: string | undefined;
  readonly domain?: string | undefined;
}

function cookieFaults({ secure, httpOnly, sameSite, domain }: CookieFacts): Found[] {
  const faults: Found[] = [];
  if (secure === false) {
    faults.push({
      code: "no-secure",
      severity: "high",
      message:
        "The session's cookie is not Secure: one request over plain http shows it to everybody on the way.",
      fix: "Leave the setting out, or set it to true.",
    });
  }
  if (httpOnly === false) {
    faults.push({
      code: "no-http-only",
      severity: "high",
      message: "The session's cookie is not HttpOnly: every script in the page can read it.",
      fix: "Leave the setting out, or set it to true.",
    });
  }
  if (sameSite === "none") {
    faults.push({
      code: "same-site-none",
      severity: "medium",
      message: "The session's cookie is sent with requests that other sites' pages make.",
      fix: "Set it to Lax; where other sites embed this one, guard against forged requests.",
    });
  }
  if (domain) {
    faults.push({
      code: "broad-domain",
      severity: "medium",
      message: "The session's cookie goes to every host below its Domain; each of them can also set one.",
      fix: "Leave the setting out.",
    });
  }
  return faults;
}

function timeFaults({
  lifetime = 0,
  idleTimeout,
}: {
  lifetime?: number | undefined;
  idleTimeout?: number | undefined;
}): Found[] {
  const faults: Found[] = [];
  if (idleTimeout === undefined) {
    faults.push({
      code: "no-idle-timeout",
      severity: "low",
      message: "A session that nobody uses any more lasts until its lifetime is over.",
      fix: "Set idleTimeout, for example to 30 * 60 where money or health is at stake, or to days.",
    });
  }
  if (lifetime > LONGEST_LIFETIME) {
    faults.push({
      code: "long-lifetime",
      severity: "low",
      message: `A session lasts for ${Math.round(lifetime / 86_400)} days.`,
      fix: "Set a shorter lifetime, and let the login remember its users.",
    });
  }
  return faults;
}

function refused({ message }: Error): Found {
  return {
    code: "refused",
    severity: "high",
    message,
    fix: "Do what the message says; with NODE_ENV=production the application does not start.",
  };
}

/** Also one of another copy of this package. */
function isConfigError(error: unknown): error is ConfigError {
  return error instanceof Error && error.name === "ConfigError";
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isManager(value: object): value is SessionManager {
  return value.constructor?.name === "SessionManager" && "settings" in value && "cookie" in value;
}

function isOptions(value: object): value is SessionOptions<Record<string, unknown>> {
  return ["secretKey", "storage", "cookie", "lifetime", "idleTimeout", "flask"].some((name) =>
    Object.hasOwn(value, name),
  );
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Fault } from "./fault.ts";

const KEY = "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q";
/** The package as a module outside of the repository finds it: by its source. */
const SESSION = new URL("../../session/index.ts", import.meta.url).href;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hipflask-doctor-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command as a process does that was just started: what was warned of before it is warned of again. */
async function doctor(file: string, ...options: string[]) {
  vi.resetModules();
  const { cli } = await import("../../../test/support/cli.ts");
  return cli(["doctor", "--config", file, ...options], { cwd: folder });
}

let files = 0;
async function codesOf(text: string, extension: string) {
  const file = `${(files += 1)}${extension}`;
  await writeFile(join(folder, file), text);
  const { code, out, err } = await doctor(file, "--json");
  const faults = out === "" ? [] : (JSON.parse(out) as Fault[]);
  expect(out).not.toContain(KEY);
  return { code, err, codes: faults.map((fault) => fault.code) };
}

describe("doctor --config looks at an env file", () => {
  test.each([
    ["a good key", `SECRET_KEY=${KEY}`, []],
    ["no key", "PORT=3000", ["no-secret"]],
    ["a key that everybody knows", "SECRET_KEY=dev", ["weak-secret"]],
    ["a former key that is weak", `SECRET_KEY=${KEY}\nSECRET_KEY_FALLBACKS=secret,${KEY}`, ["weak-secret"]],
    ["no Secure", `SECRET_KEY=${KEY}\nSESSION_COOKIE_SECURE=False`, ["no-secure"]],
    ["no HttpOnly", `SECRET_KEY=${KEY}\nSESSION_COOKIE_HTTPONLY=0`, ["no-http-only"]],
    ["SameSite=None", `SECRET_KEY=${KEY}\nSESSION_COOKIE_SAMESITE=None`, ["same-site-none"]],
    ["a Domain", `SECRET_KEY=${KEY}\nSESSION_COOKIE_DOMAIN=example.com`, ["broad-domain"]],
  ])("with %s", async (_, text, codes) => {
    expect(await codesOf(text, ".env")).toEqual({ code: codes.length === 0 ? 0 : 1, err: "", codes });
  });
});

describe("doctor --config looks at a module's options", () => {
  const options = (text: string) =>
    `export const options = { secretKey: "${KEY}", idleTimeout: 60, ${text} };`;
  test.each([
    ["good ones", options(""), []],
    ["a weak key", 'export default { secretKey: "keyboard cat", idleTimeout: 60 };', ["weak-secret"]],
    ["no key", "export default { idleTimeout: 60 };", ["refused"]],
    ["no idle timeout", options("idleTimeout: undefined"), ["no-idle-timeout"]],
    ["a lifetime of a year", options("lifetime: 365 * 86400"), ["long-lifetime"]],
    ["no Secure", options("cookie: { secure: false }"), ["no-secure", "refused"]],
    ["SameSite=None", options('cookie: { sameSite: "none" }'), ["same-site-none"]],
    ["what createSessions refuses", options('cookie: { name: "__Host-x", path: "/app" }'), ["refused"]],
  ])("with %s", async (_, text, codes) => {
    expect(await codesOf(text, ".mjs")).toEqual({ code: codes.length === 0 ? 0 : 1, err: "", codes });
  });
});

describe("doctor --config loads a module that makes its sessions", () => {
  const sessions = (text: string) =>
    `import { createSessions } from "${SESSION}";\nexport const sessions = createSessions({ ${text} });`;
  test.each([
    ["as they should be", `secretKey: "${KEY}", idleTimeout: 60`, []],
    ["without an idle timeout", `secretKey: "${KEY}"`, ["no-idle-timeout"]],
    [
      "with a cookie that goes far",
      `secretKey: "${KEY}", idleTimeout: 60, cookie: { sameSite: "none", domain: "example.com", httpOnly: false }`,
      ["no-http-only", "same-site-none", "broad-domain"],
    ],
    ["with a key that is refused in production", 'secretKey: "dev"', ["refused"]],
    [
      "with a former key that is warned of",
      `secretKey: "${KEY}", idleTimeout: 60, secretKeyFallbacks: ["dev"]`,
      ["warned"],
    ],
  ])("%s", { repeats: 1 }, async (_, text, codes) => {
    const mode = process.env["NODE_ENV"];
    expect(await codesOf(sessions(text), ".mjs")).toEqual({
      code: codes.length === 0 ? 0 : 1,
      err: "",
      codes,
    });
    expect(process.env["NODE_ENV"]).toBe(mode);
  });
});

describe("doctor --config says what to do about a file", () => {
  test("that is not there", async () => {
    const { code, err } = await doctor("missing.env");
    expect([code, err]).toEqual([2, expect.stringContaining("cannot be read")]);
  });

  test.each([
    ["that exports neither options nor sessions", "export const port = 3000;", "exports neither"],
    ["that cannot be loaded", "throw new Error('no database');", "cannot be loaded: no database"],
  ])("%s", async (_, text, message) => {
    const { code, err } = await codesOf(text, ".mjs");
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

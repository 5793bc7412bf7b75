import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlaskCookie } from "hipflask/codec";
import { parseSetCookie } from "hipflask/cookie";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../test/support/free-port.ts";
import { createApp } from "./app.ts";
import { inspected, type Visitor, visitorOf } from "./demo-visitor.ts";
import { LIFETIME, signedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

const SECRET = "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA";

function visitor(keys = { secretKey: SECRET, secretKeyFallbacks: [] as string[] }): Visitor {
  return visitorOf(createApp(demoOf(signedPlace(keys))));
}

test("the inspector is there for who is at this machine, and for nobody else", async () => {
  const app = createApp(demoOf(signedPlace({ secretKey: SECRET, secretKeyFallbacks: [] })));
  const look = (address: string) => app.request("http://localhost/inspector/", {}, { address });
  const page = await look("127.0.0.1");
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<html")]);
  expect((await look("192.168.1.7")).status).toBe(403);
});

describe("the tutorial's routes", () => {
  test("a first visit gives the value that was asked for, and a session", async () => {
    const { ask, jar } = visitor();
    const { status, json, setCookies, headers } = await ask("GET", "/sessions/hello");
    expect(status).toBe(200);
    expect(json).toEqual({
      session: { session_key: "hello", session_value: "World", session_accessed: true },
      cookies: [],
    });
    expect(setCookies).toEqual([`session=${jar.get("session")}; HttpOnly; Path=/; SameSite=Lax`]);
    expect(headers.get("Vary")).toBe("Cookie");
    expect((await ask("GET", "/sessions/goodnight")).json.session.session_value).toBe("Moon");
  });

  test("only visits of count are counted", async () => {
    const { ask } = visitor();
    const seen = [];
    for (const key of ["count", "count", "hello", "goodnight", "count"]) {
      seen.push((await ask("GET", `/sessions/${key}`)).json.session.session_value);
    }
    expect(seen).toEqual([1, 2, "World", "Moon", 3]);
  });

  test("cookies lists what came with this request, never what it sets", async () => {
    const { ask, jar } = visitor();
    expect((await ask("GET", "/crumbs")).json).toEqual({
      cookies: [],
      message: "mouse successfully followed crumbs",
    });
    expect(jar.get("mouse")).toBe("Cookie");
    expect((await ask("GET", "/sessions/hello")).json.cookies).toEqual([{ mouse: "Cookie" }]);
    expect((await ask("GET", "/crumbs")).json.cookies).toEqual([
      { mouse: "Cookie" },
      { session: jar.get("session") },
    ]);
  });

  test("an unknown key is 404, names the known ones and begins no session", async () => {
    const { status, json, setCookies } = await visitor().ask("GET", "/sessions/__proto__");
    expect(status).toBe(404);
    expect(json).toEqual({ error: expect.any(String), known_keys: ["hello", "goodnight", "count"] });
    expect(setCookies).toEqual([]);
  });

  test("the theme lasts 30 days, or until it is deleted", async () => {
    const { ask, jar } = visitor();
    const { setCookies } = await ask("GET", "/cookie");
    expect(parseSetCookie(setCookies[0]!)).toMatchObject({
      name: "theme",
      value: "dark",
      maxAge: 2_592_000,
      path: "/",
    });
    expect((await ask("DELETE", "/cookie")).status).toBe(200);
    expect(jar.has("theme")).toBe(false);
  });

  test("a name with umlauts, spaces and separators comes back as it was", async () => {
    const { ask, jar } = visitor();
    expect((await ask("GET", "/get")).json).toEqual({ username: null, message: "no username yet" });
    const name = 'Jürgen "J;ö,=" Müller 🍪';
    await ask("GET", `/set?username=${encodeURIComponent(name)}`);
    expect(jar.get("username")).toBe(encodeURIComponent(name));
    expect((await ask("GET", "/get")).json).toEqual({ username: name, message: `Welcome back, ${name}` });
    expect((await ask("GET", "/set")).json.username).toBe("Ada");
  });

  test("a name that no browser would keep is refused before it is set", async () => {
    const { status, json, setCookies } = await visitor().ask("GET", `/set?username=${"ü".repeat(1000)}`);
    expect(status).toBe(413);
    expect(json.error).toContain("4096");
    expect(setCookies).toEqual([]);
  });

  test("whatever is not there is 404", async () => {
    expect((await visitor().ask("GET", "/nothing")).status).toBe(404);
    expect((await visitor().ask("GET", "/../main.ts")).status).toBe(404);
  });

  test("a session that Flask wrote goes on here", async () => {
    const flask = new FlaskCookie([SECRET]);
    const shopper = visitor();
    shopper.jar.set("session", flask.seal('{"count":41,"from":"Flask"}'));
    expect((await shopper.ask("GET", "/sessions/count")).json.session.session_value).toBe(42);
    expect(flask.open(shopper.jar.get("session")!, 60)).toMatchObject({
      data: { count: 42, from: "Flask", hello: "World" },
    });
  });
});

describe("the store", () => {
  test("adds up the same total twice", async () => {
    const { ask, jar } = visitor();
    const { json: start } = await ask("GET", "/store");
    expect(start).toMatchObject({ cart: [], totals: { cookie: 0, session: 0 } });
    expect(start.products.map((product: { item: string }) => product.item)).toContain("muesli");
    await ask("POST", "/store/buy/flask");
    await ask("POST", "/store/buy/muesli");
    const { json } = await ask("POST", "/store/buy/muesli");
    expect(json.totals).toEqual({ cookie: 51, session: 51 });
    expect(jar.get("total")).toBe("51");
    expect((await ask("GET", "/store")).json.cart).toMatchObject([
      { item: "flask", quantity: 1 },
      { item: "muesli", name: "Knuspermüsli, 500 g", quantity: 2 },
    ]);
  });

  test("believes an edited cookie, and not an edited session", async () => {
    const shopper = visitor();
    await shopper.ask("POST", "/store/buy/moon");
    await shopper.ask("POST", "/tamper", { name: "total", value: "1" });
    expect((await shopper.ask("GET", "/store")).json.totals).toEqual({ cookie: 1, session: 45 });
    const { json, setCookies } = await shopper.ask("POST", "/store/checkout");
    expect(json).toEqual({ pay: { by_cookie: 1, by_session: 45 }, message: expect.stringContaining("€45") });
    expect(setCookies.map((header) => parseSetCookie(header)!.name).toSorted()).toEqual(["session", "total"]);
    expect((await shopper.ask("GET", "/store")).json).toMatchObject({
      cart: [],
      totals: { cookie: 0, session: 0 },
    });
  });

  test("takes what is no number for nothing", async () => {
    const shopper = visitor();
    for (const total of ["many", "Infinity", "NaN", ""]) {
      shopper.jar.set("total", total);
      expect((await shopper.ask("GET", "/store")).json.totals.cookie).toBe(0);
    }
  });

  test("knows its items", async () => {
    const { status, json } = await visitor().ask("POST", "/store/buy/constructor");
    expect(status).toBe(404);
    expect(json.known_items).toContain("flask");
  });

  test("survives whatever another application left in the session", async () => {
    const flask = new FlaskCookie([SECRET]);
    for (const cart of ['"moon"', "[1,2]", '{"moon":"two","gone":1}', "7", "null"]) {
      const shopper = visitor();
      shopper.jar.set("session", flask.seal(`{"cart":${cart},"count":[],"total":"much"}`));
      expect((await shopper.ask("GET", "/store")).json).toMatchObject({ cart: [], totals: { session: 0 } });
      expect((await shopper.ask("GET", "/sessions/count")).json.session.session_value).toBe(1);
    }
  });
});

describe("login and messages", () => {
  test("logging in tells who, and leaves a message that is shown once", async () => {
    const { ask } = visitor();
    expect((await ask("POST", "/login", { name: " Käthe " })).json).toEqual({ user: "Käthe" });
    expect((await ask("GET", "/inspect")).json.user).toBe("Käthe");
    expect((await ask("GET", "/flashes")).json.flashes).toEqual([
      { category: "success", message: "Welcome, Käthe!" },
    ]);
    expect((await ask("GET", "/flashes")).json.flashes).toEqual([]);
  });

  test("logging out ends the session", async () => {
    const { ask, jar } = visitor();
    await ask("GET", "/sessions/count");
    await ask("POST", "/login", { name: "Käthe" });
    expect((await ask("POST", "/logout")).json).toEqual({ user: null });
    expect(jar.has("session")).toBe(false);
  });

  test.each([
    ["GET", "/logins"],
    ["POST", "/logout-everywhere"],
  ])("%s %s says that of sessions in cookies there is no list", async (method, path) => {
    const { ask } = visitor();
    await ask("POST", "/login", { name: "Käthe" });
    const { status, json } = await ask(method, path);
    expect([status, json]).toEqual([501, { error: expect.stringContaining("serverSide(store)") }]);
  });

  test("messages queue up until they are asked for", async () => {
    const { ask } = visitor();
    await ask("POST", "/flash", { message: "Grüße", category: "info" });
    await ask("POST", "/flash");
    expect((await ask("GET", "/flashes")).json.flashes).toEqual([
      { category: "info", message: "Grüße" },
      { category: "message", message: expect.any(String) },
    ]);
  });

  test("a body that is no JSON object, or has no name, is 400", async () => {
    const app = createApp(demoOf(signedPlace({ secretKey: SECRET, secretKeyFallbacks: [] })));
    for (const body of ["{", "null", "7", "{}", '{"name":"  "}', '{"name":7}']) {
      expect((await app.request("/login", { method: "POST", body })).status).toBe(400);
    }
  });
});

describe("the inspection", () => {
  test("tells what the session cookie holds, since when and until when", async () => {
    const shopper = visitor();
    await shopper.ask("GET", "/sessions/count");
    const cookie = await inspected(shopper);
    const value = shopper.jar.get("session")!;
    expect(cookie).toMatchObject({
      kind: "signed session",
      value,
      bytes: "session".length + value.length,
      limit: 4096,
      payload: { count: 1, goodnight: "Moon", hello: "World" },
      signature_valid: true,
    });
    expect(Object.values(cookie.parts).join(".")).toBe(value);
    expect(cookie).not.toHaveProperty("ignored");
    expect(Date.parse(cookie.expires) - Date.parse(cookie.signed_at)).toBe(LIFETIME * 1000);
    expect(Math.abs(Date.parse(cookie.signed_at) - Date.now())).toBeLessThan(10_000);
  });

  test("tells plain cookies and what they stand for", async () => {
    const shopper = visitor();
    await shopper.ask("GET", "/set?username=K%C3%A4the");
    expect(await inspected(shopper, "username")).toEqual({
      name: "username",
      value: "K%C3%A4the",
      bytes: 18,
      kind: "plain",
      decoded: "Käthe",
    });
    shopper.jar.set("broken", "%C3");
    expect(await inspected(shopper, "broken")).toEqual({
      name: "broken",
      value: "%C3",
      bytes: 9,
      kind: "plain",
    });
  });

  test.each([
    ["another payload", (value: string) => `x${value.slice(1)}`, "token.bad_mac"],
    [
      "another signature",
      (value: string) => value.replace(/[^.]+$/, "AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
      "token.bad_mac",
    ],
    ["no parts", () => "nonsense", "token.bad_mac"],
    ["only dots", () => "..", "token.bad_mac"],
    ["nothing", () => "", "empty"],
    ["signed nonsense", () => new FlaskCookie([SECRET]).seal("nonsense"), "token.malformed"],
    ["a session of long ago", () => signedAt(-LIFETIME - 60), "token.expired"],
    ["a session of tomorrow", () => signedAt(86_400), "token.future"],
  ])("says why it ignores %s", async (_what, edit, reason) => {
    const shopper = visitor();
    await shopper.ask("POST", "/login", { name: "Käthe" });
    await shopper.ask("POST", "/tamper", { name: "session", value: edit(shopper.jar.get("session")!) });
    const cookie = await inspected(shopper);
    expect(cookie).toMatchObject({ ignored: reason, reason: expect.any(String) });
    expect(cookie.signature_valid).toBe(reason !== "token.bad_mac" && reason !== "empty");
    expect((await shopper.ask("GET", "/inspect")).json.user).toBeNull();
  });

  test("reads a forged payload, which proves nothing", async () => {
    const shopper = visitor();
    const forged = Buffer.from('{"_user_id":"admin"}').toString("base64url");
    shopper.jar.set("session", `${forged}.awCUAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA`);
    expect(await inspected(shopper)).toMatchObject({
      payload: { _user_id: "admin" },
      signature_valid: false,
    });
  });

  test("shows what JSON has no word for", async () => {
    const shopper = visitor();
    shopper.jar.set(
      "session",
      new FlaskCookie([SECRET]).seal('{"big":12345678901234567890,"bytes":{" b":"AP8="},"nan":NaN}'),
    );
    expect((await inspected(shopper)).payload).toEqual({
      big: "12345678901234567890",
      bytes: "AP8=",
      nan: "NaN",
    });
  });

  test("a session of a former key is accepted", async () => {
    const shopper = visitor({ secretKey: "aNewKeyOf32Bytes-0123456789-xyzQ", secretKeyFallbacks: [SECRET] });
    shopper.jar.set("session", new FlaskCookie([SECRET]).seal('{"count":1}'));
    expect(await inspected(shopper)).toMatchObject({ signature_valid: true, payload: { count: 1 } });
  });

  test("parallel inspections do not hear of one another's cookies", async () => {
    const app = createApp(demoOf(signedPlace({ secretKey: SECRET, secretKeyFallbacks: [] })));
    const good = new FlaskCookie([SECRET]).seal('{"count":1}');
    const values = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? good : "bad"));
    const reports = await Promise.all(
      values.map(async (value) => {
        const response = await app.request("/inspect", { headers: { Cookie: `session=${value}` } });
        return JSON.parse(await response.text());
      }),
    );
    expect(reports.map((report) => report.cookies[0].ignored)).toEqual(
      values.map((value) => (value === good ? undefined : "token.bad_mac")),
    );
  });
});

describe("the stand-in for developer tools", () => {
  test("gives the cookie the attributes that it had", async () => {
    const { ask } = visitor();
    expect((await ask("POST", "/tamper", { name: "session", value: "a.b.c" })).setCookies).toEqual([
      "session=a.b.c; HttpOnly; Path=/; SameSite=Lax",
    ]);
  });

  test("wins over the session's own cookie, also when that goes out with every response", async () => {
    const shopper = visitor();
    shopper.jar.set("session", new FlaskCookie([SECRET]).seal('{"_permanent":true,"count":1}'));
    expect(
      (await shopper.ask("POST", "/tamper", { name: "session", value: "a.b.c" })).setCookies,
    ).toHaveLength(1);
    expect(shopper.jar.get("session")).toBe("a.b.c");
  });

  test("writes the demo's cookies only, and what a cookie can hold", async () => {
    const { ask } = visitor();
    expect((await ask("POST", "/tamper", { name: "other", value: "x" })).status).toBe(404);
    expect((await ask("POST", "/tamper", { name: "total" })).status).toBe(400);
    const { status, json } = await ask("POST", "/tamper", { name: "total", value: "1; Domain=example.com" });
    expect(status).toBe(400);
    expect(json.error).toContain("semicolons");
  });
});

describe("every response", () => {
  test("carries its Set-Cookie headers once more, for the page to show", async () => {
    const { ask } = visitor();
    const { headers, setCookies } = await ask("POST", "/store/buy/flask");
    expect(setCookies).toHaveLength(2);
    expect(JSON.parse(headers.get("X-Demo-Set-Cookie")!)).toEqual(setCookies);
    expect(headers.get("Cache-Control")).toBe("no-store");
  });

  test("is refused to other sites where it would change something", async () => {
    const app = createApp(demoOf(signedPlace({ secretKey: SECRET, secretKeyFallbacks: [] })));
    const status = async (method: string, site: string) =>
      (await app.request("/logout", { method, headers: { "Sec-Fetch-Site": site } })).status;
    expect(await status("POST", "cross-site")).toBe(403);
    expect(await status("POST", "same-site")).toBe(403);
    expect(await status("POST", "same-origin")).toBe(200);
  });

  test("the page comes with a policy that allows no inline script, and has none", async () => {
    const app = createApp(demoOf(signedPlace({ secretKey: SECRET, secretKeyFallbacks: [] })));
    const response = await app.request("/");
    const html = await response.text();
    expect(response.headers.get("Content-Type")).toMatch(/^text\/html/);
    expect(response.headers.get("Content-Security-Policy")).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:\/\//);
  });

  test("a session that has grown too large is 413, and the old one stays", async () => {
    const shopper = visitor();
    await shopper.ask("GET", "/sessions/count");
    const before = shopper.jar.get("session");
    const long = randomBytes(6000).toString("base64");
    const { status, json } = await shopper.ask("POST", "/flash", { message: long });
    expect(status).toBe(413);
    expect(json.error).toContain("Largest keys");
    expect(shopper.jar.get("session")).toBe(before);
  });
});

// Up to four processes, each of which takes its time on a machine that has other work.
describe("npm start", { timeout: 90_000 }, () => {
  let folder: string;
  let running: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hipflask-demo-"));
  });

  afterEach(() => {
    for (const child of running) child.kill("SIGKILL");
    running = [];
    rmSync(folder, { recursive: true });
  });

  const tsx = createRequire(import.meta.url).resolve("tsx");
  const main = fileURLToPath(new URL("main.ts", import.meta.url));

  function start(env: Record<string, string>) {
    const child = spawn(process.execPath, ["--conditions=@hipflask/source", "--import", tsx, main], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
    });
    running.push(child);
    const output = { text: "" };
    const url = new Promise<string>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          output.text += chunk.toString();
          const [, found] = /hipflask demo on (\S+)\n/.exec(output.text) ?? [];
          if (found !== undefined) resolve(found);
        });
      }
    });
    return { child, output, url, exit: once(child, "exit") as Promise<[number | null, string | null]> };
  }

  test("serves over HTTP, keeps a generated key, says so once, and ends on SIGTERM", async () => {
    const first = start({ PORT: "0" });
    const url = await first.url;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.output.text).toContain("A secret key was generated and kept in .hipflask/secret-key\n");
    const key = readFileSync(join(folder, ".hipflask/secret-key"), "utf8");
    expect(key).toMatch(/^[\w-]{43}\n$/);
    expect(statSync(join(folder, ".hipflask/secret-key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ".hipflask")).mode & 0o777).toBe(0o700);

    const response = await fetch(`${url}/sessions/count`);
    expect(JSON.parse(await response.text()).session.session_value).toBe(1);
    expect(JSON.parse(response.headers.get("X-Demo-Set-Cookie")!)).toEqual(response.headers.getSetCookie());
    const [session] = response.headers.getSetCookie()[0]!.split(";");
    first.child.kill("SIGTERM");
    expect(await first.exit).toEqual([0, null]);

    const second = start({ PORT: "0" });
    const again = await fetch(`${await second.url}/sessions/count`, { headers: { Cookie: session! } });
    expect(JSON.parse(await again.text()).session.session_value).toBe(2);
    expect(second.output.text).not.toContain("generated");
    expect(readFileSync(join(folder, ".hipflask/secret-key"), "utf8")).toBe(key);
    second.child.kill("SIGINT");
    expect(await second.exit).toEqual([0, null]);
  });

  test("takes SECRET_KEY and SECRET_KEY_FALLBACKS from the environment, and then keeps no file", async () => {
    const { url } = start({
      PORT: "0",
      SECRET_KEY: "aNewKeyOf32Bytes-0123456789-xyzQ",
      SECRET_KEY_FALLBACKS: `other, ${SECRET}`,
    });
    const Cookie = `session=${new FlaskCookie([SECRET]).seal('{"count":7}')}`;
    const response = await fetch(`${await url}/sessions/count`, { headers: { Cookie } });
    expect(JSON.parse(await response.text()).session.session_value).toBe(8);
    expect(() => statSync(join(folder, ".hipflask"))).toThrow("ENOENT");
  });

  test("a port in use is one sentence and exit code 1", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    const { output, exit } = start({ PORT: String(port), SECRET_KEY: SECRET });
    expect(await exit).toEqual([1, null]);
    expect(output.text).toBe(`Port ${port} is in use. Choose another one: PORT=5556 npm start\n`);
    blocker.close();
  });

  test("a port that is none is one sentence and exit code 1", async () => {
    const { output, exit } = start({ PORT: "many" });
    expect(await exit).toEqual([1, null]);
    expect(output.text).toBe("PORT must be a number from 0 (any free port) to 65535.\n");
  });

  test("a storage or a store that there is not is one sentence and exit code 1", async () => {
    const storage = start({ PORT: "0", STORAGE: "paper" });
    const store = start({ PORT: "0", STORAGE: "server", STORE: "constructor" });
    expect(await storage.exit).toEqual([1, null]);
    expect(storage.output.text).toBe("STORAGE=paper is not known. Known: signed, encrypted, server.\n");
    expect(await store.exit).toEqual([1, null]);
    expect(store.output.text).toMatch(/^STORE=constructor is not known\. Known: memory, file, [^\n]*\.\n$/);
  });

  test.each([
    "file",
    "sqlite",
    "mongodb",
    "mysql",
    "postgres",
    "redis",
    "redis-cluster",
    "memcached",
    "dynamodb",
  ])("a store that cannot be reached is one sentence and exit code 1 (%s)", async (store) => {
    const url = { file: `${main}/no-folder`, sqlite: `${main}/no-folder` }[store];
    const scheme = { "redis-cluster": "redis", dynamodb: "http" }[store] ?? store;
    const { output, exit } = start({
      PORT: "0",
      STORAGE: "server",
      STORE: store,
      STORE_URL: url ?? `${scheme}://who:secret@127.0.0.1:${await freePort()}`,
      // AWS's SDK says on Node 20 that it will not support that for ever.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    });
    expect(await exit).toEqual([1, null]);
    const sentence = `^STORE=${store} cannot be used \\(.+\\)\\. Does it run, and is STORE_URL right\\?\n$`;
    expect(output.text).toMatch(new RegExp(sentence));
    expect(output.text).not.toContain("secret");
  });

  test("keeps sessions in a folder of its own, also over a restart, and needs no key for it", async () => {
    for (const STORE of ["file", "sqlite"]) {
      const first = start({ PORT: "0", STORAGE: "server", STORE });
      const response = await fetch(`${await first.url}/sessions/count`);
      const Cookie = response.headers.getSetCookie()[0]!.split(";")[0]!;
      expect(first.output.text).toContain(`Sessions are on the server: ${STORE}\n`);
      first.child.kill("SIGTERM");
      expect(await first.exit).toEqual([0, null]);
      const second = start({ PORT: "0", STORAGE: "server", STORE });
      const again = await fetch(`${await second.url}/sessions/count`, { headers: { Cookie } });
      expect(JSON.parse(await again.text()).session.session_value).toBe(2);
    }
    expect(statSync(join(folder, ".hipflask")).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, ".hipflask/secret-key"))).toBe(false);
  });
});

/** A good session whose signature is so many seconds younger than now. */
function signedAt(seconds: number): string {
  return new FlaskCookie([SECRET], { clock: { now: () => Date.now() + seconds * 1000 } }).seal('{"count":1}');
}

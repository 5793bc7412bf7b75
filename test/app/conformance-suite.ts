import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CookieCodec,
  type Dict,
  EncryptedCookie,
  FlaskCookie,
  Markup,
  Tuple,
  Uuid,
} from "hipflask/codec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overHttp, type Send } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp, type Runtime, startApp } from "../support/client.ts";

const SECRET = "M2nq0uXc7VJp5YwTz8rKfLd1sGhB9eAo";
const OLD_SECRET = "Zx4vTq8LmW2cRk7PdN1yHs6JbG9fUe3A";

/** What the conformance app must answer over HTTP, whatever is behind it. */
export function conformanceSuite(adapter: string, storage: string, runtime?: Runtime): void {
  const where = runtime === undefined ? "" : ` on ${runtime.name}`;
  describe(`the conformance app with ADAPTER=${adapter} STORAGE=${storage}${where}`, () => {
    const isFlask = storage === "flask";
    const isServer = storage === "server";
    const isEncrypted = storage === "encrypted";
    let folder: string;
    let clockFile: string;
    let app: RunningApp;
    let send: Send;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "hipflask-app-"));
      clockFile = join(folder, "clock");
      app = await startApp(
        {
          ADAPTER: adapter,
          STORAGE: storage,
          SECRET_KEY: SECRET,
          SECRET_KEY_FALLBACKS: `,${OLD_SECRET}`,
          LIFETIME: "3600",
          IDLE_TIMEOUT: "600",
          CLOCK_FILE: clockFile,
        },
        runtime,
      );
      send = overHttp(app.origin);
    }, 60_000);

    afterAll(async () => {
      await app.stop();
      rmSync(folder, { recursive: true });
    });

    /** The header of a session that was made elsewhere. */
    function made(key: string, data: Dict): [name: string, value: string] {
      const codec: CookieCodec = isEncrypted ? new EncryptedCookie([key]) : new FlaskCookie([key]);
      return ["cookie", `session=${codec.seal(codec.stringify(data), "session")}`];
    }

    function visitor(): Client {
      return new Client(send, app.origin);
    }

    test("answers /ping without a session, and /nop with one that nobody touched", async () => {
      for (const path of ["/ping", "/nop", "/ping?x=1"]) {
        const reply = await send(path, { headers: [["cookie", "session=nonsense"]] });
        expect(reply.status).toBe(200);
        expect(reply.setCookies).toEqual([]);
        expect(reply.header("vary")).toBeUndefined();
      }
    });

    test("keeps a key of the session's data", async () => {
      const client = visitor();
      expect((await client.get("/data/color")).status).toBe(404);
      const put = await client.ask("PUT", "/data/color", { json: ["red", { deep: null }] });
      expect(put.status).toBe(200);
      expect(put.cookies("session")).toHaveLength(1);
      expect((await client.get("/data/color")).text).toBe('["red",{"deep":null}]');
      expect((await client.get("/keys")).json()).toEqual(["color"]);
      await client.ask("DELETE", "/data/color");
      expect((await client.get("/data/color")).status).toBe(404);
      // What is empty needs no cookie; a session on a server goes on until it is ended.
      expect((await client.cookie("session")) === undefined).toBe(!isServer);
    });

    test.each(["__proto__", "constructor", "toString", "a/b c", "ключ", "%", "0"])(
      "keeps a key named %j",
      async (key) => {
        const client = visitor();
        const path = `/data/${encodeURIComponent(key)}`;
        expect((await client.get(path)).status).toBe(404);
        expect((await client.ask("PUT", path, { json: { admin: true } })).status).toBe(200);
        expect((await client.get(path)).json()).toEqual({ admin: true });
        expect((await client.get("/dump")).text).toBe(`{${JSON.stringify(key)}:{"admin":true}}`);
        expect((await visitor().get("/data/admin")).status).toBe(404);
      },
    );

    test("merges keys, appends by nested mutation and counts", async () => {
      const client = visitor();
      await client.ask("POST", "/merge", { json: JSON.parse('{"a":1,"list":[0],"__proto__":2}') });
      expect((await client.post("/push/list")).json()).toEqual({ value: [0, 1] });
      expect((await client.post("/push/other")).json()).toEqual({ value: [1] });
      expect((await client.post("/incr/a?ms=5")).json()).toEqual({ value: 2 });
      expect((await client.post("/incr/b")).json()).toEqual({ value: 1 });
      expect(JSON.parse((await client.get("/dump")).text)).toEqual(
        JSON.parse('{"__proto__":2,"a":2,"b":1,"list":[0,1],"other":[1]}'),
      );
      expect((await client.post("/push/a")).status).toBe(400);
      expect((await client.post("/incr/list")).status).toBe(400);
    });

    test("logs in and out", async () => {
      const client = visitor();
      expect((await client.get("/me")).json()).toEqual({ user: null, new: true, permanent: false });
      await client.ask("PUT", "/data/cart", { json: ["book"] });
      const login = await client.post("/login?user=42&permanent=true");
      expect(login.setCookies[0]).toMatch(/Expires=/);
      expect((await client.get("/me")).json()).toEqual({ user: "42", new: false, permanent: true });
      expect((await client.get("/data/cart")).json()).toEqual(["book"]);
      expect((await client.post("/regenerate")).setCookies).toHaveLength(1);
      expect((await client.get("/me")).json().user).toBe("42");
      await client.post("/logout");
      expect(await client.cookie("session")).toBeUndefined();
      expect((await client.get("/me")).json()).toMatchObject({ user: null, new: true });
      expect((await client.post("/login")).status).toBe(400);
    });

    test.runIf(isServer)("lists a user's sessions without their IDs, and ends them all", async () => {
      const [phone, laptop, other] = [visitor(), visitor(), visitor()];
      for (const [client, user] of [
        [phone, "42"],
        [laptop, "42"],
        [other, "7"],
      ] as const)
        await client.post(`/login?user=${user}`);
      const list = (await visitor().get("/sessions?user=42")).json();
      expect(list.map((entry: object) => Object.keys(entry))).toEqual([
        ["createdAt", "lastSeenAt", "device"],
        ["createdAt", "lastSeenAt", "device"],
      ]);
      expect((await visitor().post("/logout-all?user=42")).json()).toEqual({ ended: 2 });
      expect((await phone.get("/me")).json().user).toBe(null);
      expect((await laptop.get("/me")).json().user).toBe(null);
      expect((await other.get("/me")).json().user).toBe("7");
      expect((await visitor().get("/sessions?user=42")).json()).toEqual([]);
      expect((await visitor().post("/logout-all")).status).toBe(400);
    });

    test.runIf(isServer)("counts what the store is asked", async () => {
      const client = visitor();
      const calls = async () => (await visitor().get("/stats")).json().store;
      await client.ask("PUT", "/data/a", { json: 1 });
      const before = await calls();
      for (const path of ["/ping", "/nop", "/me", "/dump"]) await client.get(path);
      await client.ask("PUT", "/data/a", { json: 2 });
      const after = await calls();
      expect([after.create - before.create, after.load - before.load, after.save - before.save]).toEqual([
        0, 3, 1,
      ]);
    });

    test.skipIf(isServer)("says that a cookie has no list of sessions", async () => {
      expect((await visitor().post("/logout-all?user=42")).status).toBe(501);
      const reply = await visitor().get("/sessions?user=42");
      expect([reply.status, Object.keys(reply.json())]).toEqual([501, ["error"]]);
    });

    test("flashes a message once", async () => {
      const client = visitor();
      await client.post("/flash?message=Saved");
      await client.post("/flash?message=Full&category=error");
      expect((await client.get("/flashes")).json()).toEqual([
        { category: "message", message: "Saved" },
        { category: "error", message: "Full" },
      ]);
      expect((await client.get("/flashes")).json()).toEqual([]);
    });

    test("sleeps between touching the session and what it does to it", async () => {
      const client = visitor();
      await client.ask("PUT", "/data/n", { json: 1 });
      expect((await client.get("/slow?op=read&ms=5&key=n")).json()).toEqual({ value: 1 });
      expect((await client.get("/slow?op=update&ms=5&key=n")).json()).toEqual({ value: 2 });
      expect((await client.get("/slow?op=regenerate")).setCookies).toHaveLength(1);
      await client.get("/slow?op=write&key=n");
      await client.get("/slow?op=flash&key=hello");
      expect((await client.get("/data/n")).json()).toBe("written");
      expect((await client.get("/flashes")).json()).toEqual([{ category: "message", message: "hello" }]);
      expect((await client.get("/slow?op=explode")).status).toBe(400);
    });

    test("redirects to a page that sees what was written", async () => {
      const client = visitor();
      const reply = await client.get("/redirect");
      expect([reply.status, reply.header("location")]).toEqual([302, "/dump"]);
      expect((await client.get("/dump")).json()).toEqual({ redirected: true });
    });

    test("ends a stream whose headers have left with HEADERS_SENT", async () => {
      const client = visitor();
      const reply = await client.get("/stream");
      expect([reply.status, reply.text]).toEqual([200, "first\nHEADERS_SENT"]);
      expect((await client.get("/dump")).json()).toEqual({});
    });

    test("reads and sets cookies", async () => {
      const client = visitor();
      expect((await client.get("/cookie/theme")).status).toBe(404);
      const set = await client.post("/set-cookie", {
        name: "theme",
        value: "dark",
        attributes: { maxAge: 60, sameSite: "lax" },
      });
      expect(set.setCookies).toEqual(["theme=dark; Max-Age=60; Path=/; SameSite=Lax"]);
      expect((await client.get("/cookie/theme")).json()).toEqual({ value: "dark" });
      const until = 1_800_000_000 - (1_800_000_000 % 100);
      const dates = [until, new Date(until * 1000).toISOString()];
      for (const expires of dates) {
        const dated = await client.post("/set-cookie", { name: "a", value: "b", attributes: { expires } });
        expect(dated.setCookies).toEqual([`a=b; Expires=${new Date(until * 1000).toUTCString()}; Path=/`]);
      }
      await client.post("/set-cookie", { name: "theme", delete: true });
      expect((await client.get("/cookie/theme")).status).toBe(404);
      const bad = await client.post("/set-cookie", { name: "theme", value: "a b" });
      expect([bad.status, bad.json().error, bad.setCookies]).toEqual([400, "COOKIE_INVALID", []]);
    });

    test("answers the caller's mistakes with 4xx and sets nothing", async () => {
      const client = visitor();
      const large = await client.ask("PUT", "/data/x", { json: randomText(5000) });
      if (isServer) expect(large.status).toBe(200);
      else expect([large.status, large.json().error, large.setCookies]).toEqual([413, "TOO_LARGE", []]);
      if (!isFlask) {
        const reserved = await client.ask("PUT", "/data/_user_id", { json: "1" });
        expect([reserved.status, reserved.json().error, reserved.setCookies]).toEqual([
          400,
          "UNSERIALIZABLE",
          [],
        ]);
      }
      expect((await send("/data/x", { method: "PUT", body: "{" })).status).toBe(400);
      // Next.js has no other answer to such a path.
      const unreadable = adapter === "next" ? 500 : 400;
      expect((await client.ask("PUT", "/data/%ff", { json: 1 })).status).toBe(unreadable);
      expect((await client.post("/merge", null)).status).toBe(400);
      expect((await client.get("/nowhere")).status).toBe(404);
      expect((await client.post("/set-cookie", { name: 1 })).status).toBe(400);
    });

    test.skipIf(isServer)("writes what JSON lacks as plain JSON", async () => {
      const data = {
        big: 2n ** 70n,
        bytes: new Uint8Array([1, 2, 255]),
        date: new Date(0),
        float: NaN,
        html: new Markup("<b>"),
        tuple: new Tuple([1, new Tuple([])]),
        uuid: new Uuid("12345678123456781234567812345678"),
      };
      const reply = await send("/dump", { headers: [made(SECRET, data)] });
      expect(reply.text).toBe(
        '{"big":1180591620717411303424,"bytes":"AQL/","date":"1970-01-01T00:00:00.000Z","float":null,' +
          '"html":"<b>","tuple":[1,[]],"uuid":"12345678-1234-5678-1234-567812345678"}',
      );
    });

    test.skipIf(isServer || runtime?.isIsolated)(
      "accepts the fallback key, and moves its clock by the file",
      async () => {
        const headers = [made(OLD_SECRET, { a: 1 })];
        expect((await send("/dump", { headers })).json()).toEqual({ a: 1 });
        try {
          writeFileSync(clockFile, isFlask ? "3601\n" : "601\n");
          expect((await send("/dump", { headers })).json()).toEqual({});
          writeFileSync(clockFile, "");
          expect((await send("/dump", { headers })).json()).toEqual({ a: 1 });
        } finally {
          rmSync(clockFile, { force: true });
        }
      },
    );

    test("counts events and what nobody handled", async () => {
      const before = (await send("/stats")).json();
      await send("/dump", { headers: [made("another key", {})] });
      const after = (await send("/stats")).json();
      const inCookie = isEncrypted ? "token.unknown_key" : "token.bad_mac";
      const refusal = isServer ? "sid.malformed" : inCookie;
      expect(after.events[refusal]).toBe((before.events[refusal] ?? 0) + 1);
      expect(after.unhandled).toBe(0);
      expect(after.store).toEqual(before.store);
      if (!isServer)
        expect(after.store).toEqual({ create: 0, load: 0, save: 0, replace: 0, touch: 0, delete: 0 });
      if (runtime?.isIsolated !== true) expect(after.rss).toBeGreaterThan(1e6);
    });

    test("exits with 0 on SIGTERM, having said nothing but where it listens, and that its cookie is not Secure", async () => {
      expect(await app.stop()).toBe(0);
      const hint = "(?:\\(Use `\\w+ --trace-warnings .*\n)?";
      const warning = `\\(node:\\d+\\) \\[HIPFLASK_INSECURE_COOKIE\\] .*\n${hint}`;
      // React Router says something of malformed paths.
      expect(app.output().replaceAll(/^The URL path .*\n/gm, "")).toMatch(
        new RegExp(
          `^listening on http://127\\.0\\.0\\.1:\\d+\n${isFlask || runtime?.isIsolated === true ? "" : warning}$`,
        ),
      );
    });
  });
}

/** Text that does not compress. */
function randomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(33 + (state % 90));
  }).join("");
}

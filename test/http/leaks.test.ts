import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import {
  cookies,
  createSessions,
  EVENT_CHANNEL,
  serverSide,
  type SessionManager,
  signedCookie,
  STORE_CHANNEL,
} from "hipflask";
import { MemoryStore } from "hipflask/stores/memory";
import { FlaskCookie } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { HeaderList } from "../../src/testing/adapters/send.ts";
import { failure } from "../app/call.ts";
import { type Handlers, onBench } from "../../src/testing/adapters/bench.ts";
import { noise, streamed } from "../../src/testing/adapters/handlers.ts";
import { intercepted, newSession } from "../../src/testing/adapters/storages.ts";
import { subjects } from "./subjects.ts";

const SECRET = "n7Kq2LmX9wRt5VbZc8HsJd3FgPy6Ta4E";
const OLD_SECRET = "e4Ya6Tg3Pd8Fs5JcHb9VzZ7RtXw2LmQk";
/** Everything that a session, a cookie or a request holds here has this in it. */
const PRIVATE = "private-5d1c";

/** All that could come before other eyes than the visitor's. */
let seen: string[];

beforeEach(() => {
  seen = [];
  const note = (value: unknown): void => {
    seen.push(typeof value === "string" ? value : inspect(value, { depth: 20, showHidden: true }));
  };
  const onWarning = (warning: Error): void => note(warning.stack);
  process.on("warning", onWarning);
  subscribe(EVENT_CHANNEL, note);
  const restore = (["log", "info", "warn", "error", "debug"] as const).map((method) => {
    const original = console[method];
    console[method] = (...values: unknown[]) => values.forEach(note);
    return () => (console[method] = original);
  });
  const writes = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array) => {
      note(Buffer.from(chunk as Uint8Array).toString());
      return true;
    };
    return () => (stream.write = write);
  });
  onTestFinished(() => {
    process.off("warning", onWarning);
    unsubscribe(EVENT_CHANNEL, note);
    for (const undo of [...restore, ...writes]) undo();
  });
});

/** Everything about a value that a log might show. */
function show(value: unknown): void {
  seen.push(inspect(value, { depth: 20, showHidden: true }), String(value), String((value as Error).stack));
  seen.push(JSON.stringify(value) ?? "");
}

async function showFailure(attempt: () => unknown): Promise<void> {
  try {
    show(await attempt());
  } catch (error) {
    show(error);
  }
}

/** No secret, no cookie, no value of a session, and of the cookies sent not even a part. */
function expectNothingPrivate(sent: readonly string[]): void {
  const all = seen.join("\n");
  const parts = sent.flatMap((cookie) => cookie.split(/[.=;]/)).filter((part) => part.length > 8);
  for (const needle of [SECRET, OLD_SECRET, PRIVATE, ...parts]) expect(all).not.toContain(needle);
}

const keys = { secretKey: SECRET, secretKeyFallbacks: [OLD_SECRET] };
const SCHEMA = z.looseObject({ n: z.number().default(0) });
const storages: Record<string, () => SessionManager> = {
  native: () => createSessions({ ...keys, storage: signedCookie(), lifetime: 1000 }),
  "native with a schema": () =>
    createSessions({ ...keys, storage: signedCookie(), schema: SCHEMA }) as unknown as SessionManager,
  Flask: () =>
    createSessions(
      flaskConfig({
        SECRET_KEY: SECRET,
        SECRET_KEY_FALLBACKS: [OLD_SECRET],
        PERMANENT_SESSION_LIFETIME: 1000,
      }),
    ),
};

/** The adapters that are on no framework with a page for errors. */
const plain = subjects().filter(({ capabilities }) => capabilities?.plainErrors === true);

describe.each(plain)("$name", (subject) => {
  test.each(Object.entries(storages))("keeps secrets, cookies and values to itself: %s", (_, create) =>
    onBench(subject, async ({ serve }) => {
      const sessions = create();
      const types = new Set<string>();
      sessions.on("*", (event) => {
        types.add(event.type);
        show(event);
      });
      const handlers: Handlers = {
        "/dump": async ({ context }) => {
          const session = await sessions.get(context);
          for (const object of [session, sessions, cookies(context)]) show(object);
          session.flash(PRIVATE);
          return Response.json(Object.keys(session.data).length);
        },
        "/throw": async ({ context }) => {
          (await sessions.get(context)).data["x"] = PRIVATE;
          throw new Error(`the application's own message: ${SECRET}`);
        },
        "/large": async ({ context }) => {
          (await sessions.get(context)).data["x"] = PRIVATE + noise(5000);
          return new Response("ok");
        },
        "/function": async ({ context }) => {
          (await sessions.get(context)).data["x"] = { y: [PRIVATE, () => PRIVATE] };
          return new Response("ok");
        },
        "/number": async ({ context }) => {
          Object.assign((await sessions.get(context)).data, {
            x: new Map([[PRIVATE, 10n ** 5000n]]),
            y: PRIVATE,
          });
          return new Response("ok");
        },
        "/jar": async ({ context }) => {
          const jar = cookies(context);
          await showFailure(() => jar.set("theme", `${PRIVATE} with spaces`));
          await showFailure(() => jar.set(`${PRIVATE} name`, "1"));
          await showFailure(() => jar.set("theme", PRIVATE + noise(5000)));
          await showFailure(() => jar.set("theme", "1", { domain: `${PRIVATE}/`, path: `/${PRIVATE}` }));
          await showFailure(() => jar.set("theme", "1", { path: `${PRIVATE};` }));
          await showFailure(() => jar.set("theme", "1", { sameSite: PRIVATE as "lax" }));
          await showFailure(() => sessions.get({ PRIVATE: 1 }));
          return new Response("ok");
        },
        "/late": async ({ context }) => {
          const session = await sessions.get(context);
          async function* body(): AsyncGenerator<Uint8Array> {
            yield new Uint8Array([0x2e]);
            await showFailure(() => ((session.data as Record<string, unknown>)["x"] = PRIVATE));
            await showFailure(() => session.flash(PRIVATE));
            await showFailure(() => session.regenerate({ user: PRIVATE }));
            await showFailure(() => cookies(context).set("x", PRIVATE));
            show(session);
          }
          return streamed(body());
        },
      };
      const { send } = await serve(sessions, handlers, failure);

      const now = new FlaskCookie([SECRET]);
      const at = (ms: number, key = SECRET): FlaskCookie =>
        new FlaskCookie([key], { clock: { now: () => Date.now() + ms } });
      const data = now.stringify({
        n: PRIVATE,
        user: PRIVATE,
        _user_id: PRIVATE,
        _flashes: [[PRIVATE, PRIVATE]],
      });
      const good = now.seal(data);
      const bomb = new FlaskCookie([SECRET], { compressAbove: 0, maxJsonBytes: 1_000_000 });
      const sent = [
        good,
        `${good.slice(0, -3)}xyz`,
        at(-5_000_000).seal(data),
        at(60_000).seal(data),
        at(0, OLD_SECRET).seal(data),
        at(0, "another key than the right one").seal(data),
        now.seal(`["${PRIVATE}"]`),
        now.seal(`{"${PRIVATE}`),
        now.seal(`{" d":"${PRIVATE}"}`),
        now.seal(`{"x":{" u":"${PRIVATE}"}}`),
        bomb.seal(`{"x":"${PRIVATE.repeat(8000)}"}`),
        `${good}; session=${now.seal(now.stringify({ other: PRIVATE }))}`,
        `${PRIVATE}\u001b[31m`,
      ];
      for (const value of sent) {
        for (const path of value === good ? Object.keys(handlers) : ["/dump"]) {
          const headers: HeaderList = [
            ["cookie", `other=${PRIVATE}; session=${value.replaceAll("\u001b", "")}`],
          ];
          const reply = await send(path, { headers });
          if (reply.status >= 400) seen.push(JSON.stringify([reply.headers, reply.text]));
        }
      }

      for (const value of [PRIVATE + noise(5000), () => PRIVATE, new Map([[PRIVATE, PRIVATE]])]) {
        const exchange = sessions.open({ cookie: `session=${good}`, host: "localhost", encrypted: false });
        (await exchange.session()).data["x"] = value;
        await showFailure(() => exchange.commit());
        show(exchange);
      }

      for (const type of ["bad_mac", "future", "malformed", "old_key", "too_large"])
        expect(types).toContain(`token.${type}`);
      const errors = [
        "TooLargeError",
        "DataError",
        "CookieError",
        "HeadersSentError",
        "ConfigError",
        "TOO_LARGE",
        "INTERNAL",
      ];
      for (const error of errors) expect(seen.join("\n")).toContain(error);
      expectNothingPrivate(sent);
    }),
  );
});

describe.each(subjects())("$name, with sessions in a store", (subject) => {
  test.each([false, true])(
    "keeps secrets, session IDs and values to itself (encrypted: %s)",
    (encryptAtRest) =>
      onBench(subject, async ({ serveCareless }) => {
        let isBroken = false;
        const store = intercepted(new MemoryStore(), () =>
          isBroken ? Promise.reject(new Error("the store is down")) : undefined,
        );
        const sessions = createSessions({ secretKey: SECRET, storage: serverSide(store, { encryptAtRest }) });
        const types = new Set<string>();
        sessions.on("*", (event) => {
          types.add(event.type);
          show(event);
        });
        subscribe(STORE_CHANNEL, show);
        onTestFinished(() => void unsubscribe(STORE_CHANNEL, show));
        const handlers: Handlers = {
          "/write": async ({ context }) => {
            await showFailure(() => sessions.get(context));
            const session = await sessions.get(context);
            for (const object of [sessions, cookies(context)]) show(object);
            session.data["x"] = PRIVATE;
            session.flash(PRIVATE);
            return new Response("ok");
          },
          "/login": async ({ context }) => {
            const session = await sessions.get(context);
            await session.regenerate({ user: PRIVATE, device: PRIVATE });
            return new Response("ok");
          },
          "/gone": async ({ context }) => {
            const session = await sessions.get(context);
            await session.regenerate({ user: PRIVATE });
            await sessions.forUser(PRIVATE).revokeAll();
            await session.update((data) => void (data["x"] = PRIVATE));
            return new Response("ok");
          },
          "/function": async ({ context }) => {
            const session = await sessions.get(context);
            session.data["x"] = { y: [PRIVATE, () => PRIVATE] };
            await showFailure(() => session.update(() => undefined));
            await showFailure(() => session.regenerate({ user: PRIVATE }));
            delete session.data["x"];
            return new Response("ok");
          },
          "/logout": async ({ context }) => {
            const session = await sessions.get(context);
            await showFailure(() => session.destroy());
            await session.destroy();
            return new Response("ok");
          },
        };
        const { send } = await serveCareless(sessions, handlers);
        const statuses = new Set<number>();
        const sent = [await newSession(sessions, { x: PRIVATE }), "A".repeat(43), `${PRIVATE}`];
        for (const broken of [false, true]) {
          isBroken = broken;
          for (const value of sent.slice()) {
            for (const path of Object.keys(handlers)) {
              const headers: HeaderList = [["cookie", `session=${value}; other=${PRIVATE}`]];
              const reply = await send(path, { headers });
              if (reply.status >= 400) seen.push(JSON.stringify([reply.headers, reply.text]));
              statuses.add(reply.status);
              sent.push(...reply.cookies("session").filter((cookie) => cookie !== ""));
            }
          }
        }
        const expected = ["sid.unknown", "sid.malformed", "session.renewed", "session.revoked", "store.down"];
        for (const type of expected) expect(types).toContain(type);
        for (const text of ["StoreError", "DataError"]) expect(seen.join("\n")).toContain(text);
        for (const status of [200, 409, 503]) expect(statuses).toContain(status);
        expectNothingPrivate(sent);
      }),
  );
});

describe("mistakes in the configuration", () => {
  const original = process.env["NODE_ENV"];
  afterEach(() => {
    process.env["NODE_ENV"] = original;
  });

  test.each(["development", "production"])("are named without the secret, in %s", async (environment) => {
    process.env["NODE_ENV"] = environment;
    const storage = signedCookie();
    const weak = "Pr1v8";
    const mistakes: (() => unknown)[] = [
      () => createSessions({ secretKey: weak, storage }),
      () => createSessions({ secretKey: "changeme", storage }),
      () => createSessions({ secretKey: SECRET, secretKeyFallbacks: OLD_SECRET as never, storage }),
      () => createSessions({ secretKey: SECRET, secretKeyFallbacks: [OLD_SECRET, ""], storage }),
      () => createSessions({ secretKey: [SECRET] as never, storage }),
      () => createSessions({ secretKey: SECRET, storage, lifetime: -1 }),
      () => createSessions({ secretKey: SECRET, storage, cookie: { name: "a b", secure: false } }),
      () => createSessions(flaskConfig({ SECRET_KEY: SECRET, SESSION_TYPE: "redis" as never })),
      () => createSessions(flaskConfig({ SECRET_KEY: SECRET, SESSION_COOKIE_SAMESITE: "often" })),
      () => createSessions(flaskConfig({ SECRET_KEY: SECRET, SECRET_KEY_FALLBACKS: OLD_SECRET as never })),
      () => new FlaskCookie([SECRET]),
    ];
    for (const mistake of mistakes) await showFailure(mistake);
    await turn();
    expect(seen.join("\n")).toMatch(/ConfigError/);
    expect(seen.join("\n")).not.toContain(weak);
    expect(seen.join("\n")).not.toContain("changeme");
    expectNothingPrivate([]);
  });
});

test("what the client gets to read of an error of the application's own is nothing", async () => {
  expect(await failure(new Error(SECRET)).text()).toBe('{"error":"INTERNAL"}');
});

// The schema's type is the type of the data wherever a session is had, without a word of the application's.
import {
  createSessions,
  type PlainRequest,
  serverSide,
  type Session,
  type SessionCookieOptions,
  type SessionManager,
  type SessionOptions,
  signedCookie,
} from "hipflask";
import { flaskConfig } from "hipflask/flask";
import { MemoryStore } from "hipflask/stores/memory";
import { expectTypeOf } from "vitest";
import { z } from "zod";

declare const request: PlainRequest;
declare const isProduction: boolean;
const storage = signedCookie();
const schema = z.object({
  count: z.number().default(0),
  cart: z.array(z.string()).default([]),
  theme: z.string().optional(),
});
interface Data {
  count: number;
  cart: string[];
  theme?: string | undefined;
}

// With a schema
const sessions = createSessions({ storage: serverSide(new MemoryStore()), schema });
expectTypeOf(sessions).toEqualTypeOf<SessionManager<Data>>();
for (const session of [
  await sessions.get({}),
  await sessions.current(),
  await sessions.fromRequest(request),
  await sessions.open({ cookie: undefined, host: undefined, encrypted: true }).session(),
]) {
  expectTypeOf(session).toEqualTypeOf<Session<Data>>();
  expectTypeOf(session.data).toEqualTypeOf<Data>();
  session.data.cart.push("tea");
  session.data = { count: 1, cart: [] };
  await session.update((data) => {
    expectTypeOf(data).toEqualTypeOf<Data>();
    data.count += 1;
  });
  // @ts-expect-error -- no such key
  session.data.counts = 1;
  // @ts-expect-error -- a number
  session.data.count = "1";
  // @ts-expect-error -- not all of it
  session.data = { count: 1 };
  // @ts-expect-error -- found by comparing, not given back
  await session.update((data) => data.count + 1);
}

// With a type alone
const typed = createSessions<{ visits?: number }>({ storage });
expectTypeOf((await typed.get({})).data).toEqualTypeOf<{ visits?: number }>();

// With neither: a dict, whose values are to be looked at
const plain = createSessions({ storage });
const { data } = await plain.get({});
expectTypeOf(data).toEqualTypeOf<Record<string, unknown>>();
expectTypeOf(data["count"]).toBeUnknown();
data["count"] = 1;
// @ts-expect-error
data["count"] += 1;
const flask = createSessions(flaskConfig({ SECRET_KEY: "secret" }));
expectTypeOf((await flask.get({})).data).toEqualTypeOf<Record<string, unknown>>();
expectTypeOf(createSessions({ ...flaskConfig({ SECRET_KEY: "secret" }), schema })).toEqualTypeOf<
  SessionManager<Data>
>();

// Everything else about a session
const session = await sessions.get({});
expectTypeOf(session.id).toEqualTypeOf<string | undefined>();
expectTypeOf(session.user).toEqualTypeOf<string | undefined>();
expectTypeOf(session.authenticatedAt).toEqualTypeOf<Date | undefined>();
expectTypeOf(session.flashes()).toEqualTypeOf<{ readonly category: string; readonly message: unknown }[]>();
await session.regenerate({ user: null });
// @ts-expect-error -- a user is a string
await session.regenerate({ user: 42 });
// @ts-expect-error -- `regenerate` says who it is
session.user = "42";

// A function for any manager
function logOut(all: SessionManager, context: object): Promise<void> {
  return all.get(context).then((each) => each.destroy());
}
void logOut(sessions, {});
void logOut(plain, {});

// The cookie
createSessions({ storage, schema, cookie: { name: "sid", domain: "example.com", secure: isProduction } });
createSessions({ storage, cookie: { sameSite: "none", partitioned: true } });
createSessions({ storage, cookie: { sameSite: "Lax", secure: isProduction } });
// @ts-expect-error
createSessions({ storage, cookie: { sameSite: "None", secure: false } });
createSessions({ storage, cookie: { name: "__Host-sid", path: "/", secure: true, sameSite: "strict" } });
createSessions({ storage, cookie: { name: process.env["NAME"], domain: process.env["DOMAIN"] } });
// @ts-expect-error
createSessions({ storage, cookie: { name: "__Host-sid", domain: "example.com" } });
// @ts-expect-error
createSessions({ storage, schema, cookie: { name: "__host-sid", path: "/app" } });
// @ts-expect-error
createSessions({ storage, cookie: { name: "__Host-sid", secure: false } });
// @ts-expect-error
createSessions({ storage, cookie: { sameSite: "none", secure: false } });
// @ts-expect-error -- it may be false
createSessions({ storage, cookie: { partitioned: true, secure: isProduction } });
// @ts-expect-error
createSessions<Data>({ storage, cookie: { sameSite: "none", secure: false } });
// @ts-expect-error
const cookie: SessionCookieOptions = { partitioned: true, secure: false };
const options: SessionOptions<Data> = { storage, schema, cookie };
expectTypeOf(createSessions(options)).toEqualTypeOf<SessionManager<Data>>();

// Options that are none
// @ts-expect-error -- a storage, not the store that it keeps sessions in
createSessions({ storage: new MemoryStore() });
// @ts-expect-error -- not called
createSessions({ storage: signedCookie });
// @ts-expect-error -- a format, not the configuration that it is made of
createSessions({ storage, accept: [{ SECRET_KEY: "secret" }] });
// @ts-expect-error
createSessions({ storage, maxAge: 60 });
// @ts-expect-error -- in memory there is nothing to sign
serverSide(new MemoryStore(), { secretKey: "secret" });

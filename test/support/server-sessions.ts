import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  createSessions,
  type ServerSideOptions,
  serverSide,
  type Session,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
  type SessionStore,
  STORE_CHANNEL,
  type StoreCall,
} from "../../src/session/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { Visitor } from "./visitor.ts";

export interface ServerOptions<Data extends object> extends Partial<SessionOptions<Data>>, ServerSideOptions {
  readonly store?: SessionStore;
}

/** Sessions in a store (default: a MemoryStore), a visitor, and what happens to them. */
export function setUpServer<Data extends object = Record<string, any>>(options: ServerOptions<Data> = {}) {
  const {
    store = new MemoryStore({ maxRecords: 1000 }),
    timeout,
    maxPending,
    maxPerUser,
    encryptAtRest,
    cleanEvery,
    tags,
    ...rest
  } = options;
  const given = { timeout, maxPending, maxPerUser, encryptAtRest, cleanEvery, tags };
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const clock = rest.clock === undefined ? new FakeClock() : (rest.clock as FakeClock);
  const sessions = createSessions<Data>({ ...rest, clock, storage: serverSide(store, chosen) });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return {
    sessions,
    store,
    clock,
    events,
    visitor: new Visitor(sessions),
    types: () => events.map(({ type }) => type),
    /** Ends every record; how many there were. */
    countRecords: () => store.deleteAll!(new Date(clock.now())),
    /** The session behind a cookie; what is done with it is not kept. */
    look: async (cookie: string) => sessions.open({ cookie, host: "example.com", encrypted: true }).session(),
  };
}

/** The calls of stores while `work` runs, as `load ok`. */
export async function storeCalls(work: () => unknown): Promise<string[]> {
  const calls: string[] = [];
  const listener = (message: unknown) => {
    const { operation, outcome } = message as StoreCall;
    calls.push(outcome === "ok" ? operation : `${operation} ${outcome}`);
  };
  subscribe(STORE_CHANNEL, listener);
  try {
    await work();
  } finally {
    unsubscribe(STORE_CHANNEL, listener);
  }
  return calls;
}

/** One request with this Cookie header; the Set-Cookie headers of its response. */
export async function request<Data extends object>(
  sessions: SessionManager<Data>,
  cookie: string,
  work: (session: Session<Data>) => unknown,
): Promise<string[]> {
  const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
  await work(await exchange.session());
  await exchange.commit();
  const headers = new Headers();
  exchange.writeTo(headers);
  return headers.getSetCookie();
}

/** What `work` throws, or undefined. */
export async function failure(work: Promise<unknown>): Promise<any> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

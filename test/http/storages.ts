import { setTimeout as sleep } from "node:timers/promises";
import {
  createSessions,
  type EventType,
  type SessionManager,
  type SessionOptions,
  serverSide,
  signedCookie,
} from "hipflask";
import { FlaskCookie } from "hipflask/codec";
import { MemoryStore } from "hipflask/stores/memory";
import type { SessionStore } from "../../src/session/store.ts";

/** The key of all of them. */
export const SECRET = "K8sQw3ZtR7vXy2BnM5jLp9HfDc4GaE6u";

/** One way to keep native sessions. */
export interface StorageKind {
  readonly name: string;
  readonly isStored: boolean;
  sessions(options?: Partial<SessionOptions>): SessionManager;
  /** The value of a genuine session cookie of this data. */
  cookie(sessions: SessionManager, data: Record<string, unknown>): Promise<string>;
  /** The event of a cookie that nobody made. */
  readonly forged: EventType;
}

/** The value of a genuine signed cookie of this data. */
export function sealed(data: Record<string, unknown>): string {
  const codec = new FlaskCookie([SECRET]);
  return codec.seal(codec.stringify(data));
}

export const signed: StorageKind = {
  name: "signed cookies",
  isStored: false,
  sessions: (options) => createSessions({ secretKey: SECRET, storage: signedCookie(), ...options }),
  cookie: async (_, data) => sealed(data),
  forged: "token.bad_mac",
};

export const stored = storedIn("sessions in memory", () => new MemoryStore());

/** A store that takes up to 20 ms for each operation. */
export const slow = storedIn("a slow store", () => {
  let state = 1;
  return delayed(new MemoryStore(), () => (state = (state * 48_271) % 2_147_483_647) % 21);
});

function storedIn(name: string, open: () => SessionStore): StorageKind {
  return {
    name,
    isStored: true,
    sessions: (options) => createSessions({ storage: serverSide(open()), ...options }),
    cookie: newSession,
    forged: "sid.malformed",
  };
}

/** Begins a session; its cookie's value. */
export async function newSession(
  sessions: SessionManager,
  data: Record<string, unknown> = { n: 0 },
  user?: string,
): Promise<string> {
  const exchange = sessions.open({ cookie: undefined, host: "127.0.0.1", encrypted: false });
  const session = await exchange.session();
  Object.assign(session.data, data);
  if (user !== undefined) await session.regenerate({ user });
  await exchange.commit();
  const headers = new Headers();
  exchange.writeTo(headers);
  return /^session=([^;]+)/.exec(headers.getSetCookie()[0]!)![1]!;
}

/** The store, behind a delay before each operation. */
export function delayed(store: SessionStore, milliseconds: () => number): SessionStore {
  return intercepted(store, () => sleep(milliseconds()));
}

/** The store, with something that happens before each operation, and may fail. */
export function intercepted(
  store: SessionStore,
  before: (operation: string) => Promise<unknown> | undefined,
): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        await before(String(name));
        return method.apply(target, args);
      };
    },
  });
}

import { setTimeout as sleep } from "node:timers/promises";
import {
  createSessions,
  type EventType,
  serverSide,
  type SessionManager,
  type SessionOptions,
  type SessionStore,
  signedCookie,
} from "../../session/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { cookieFor } from "../cookie-for.ts";
import type { HeaderList } from "./send.ts";

/** The key of all sessions in cookies. */
export const SECRET = "K8sQw3ZtR7vXy2BnM5jLp9HfDc4GaE6u";

/** One way to keep native sessions. */
export interface StorageKind {
  readonly name: string;
  readonly isStored: boolean;
  sessions(options?: Partial<SessionOptions>): SessionManager;
  /** The event of a cookie that nobody made. */
  readonly forged: EventType;
}

export const signed: StorageKind = {
  name: "signed cookies",
  isStored: false,
  sessions: (options) => createSessions({ secretKey: SECRET, storage: signedCookie(), ...options }),
  forged: "token.bad_mac",
};

export const encrypted: StorageKind = {
  name: "encrypted cookies",
  isStored: false,
  sessions: (options) => createSessions({ secretKey: SECRET, ...options }),
  forged: "token.malformed",
};

export const stored = storedIn("sessions in memory", memory);

/** A store that takes up to 20 ms for each operation. */
export const slow = storedIn("a slow store", () => {
  let state = 1;
  return delayed(memory(), () => (state = (state * 48_271) % 2_147_483_647) % 21);
});

function storedIn(name: string, open: () => SessionStore): StorageKind {
  return {
    name,
    isStored: true,
    sessions: (options) => createSessions({ storage: serverSide(open()), ...options }),
    forged: "sid.malformed",
  };
}

/** Room for what one test needs. */
export function memory(): MemoryStore {
  return new MemoryStore({ maxRecords: 1000 });
}

/** Begins a session; its cookie's value. */
export async function newSession(
  sessions: SessionManager,
  data: Record<string, unknown> = { n: 0 },
  user?: string,
): Promise<string> {
  const cookie = await cookieFor(sessions, data, user === undefined ? {} : { user });
  return cookie.slice(cookie.indexOf("=") + 1);
}

/** Begins a session; the headers of its next request. */
export async function cookieOf(...given: Parameters<typeof newSession>): Promise<HeaderList> {
  return [["cookie", `session=${await newSession(...given)}`]];
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

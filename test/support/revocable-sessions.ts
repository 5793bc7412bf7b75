import {
  encryptedCookie,
  type SessionOptions,
  type SessionStore,
  signedCookie,
} from "../../src/session/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { setUp } from "./cookie-sessions.ts";

/** The ways to keep sessions in cookies. */
export const COOKIES = { encrypted: encryptedCookie, signed: signedCookie } as const;

export type CookieKind = keyof typeof COOKIES;

/** Sessions in cookies that a store (default: a MemoryStore) can revoke, a visitor, and what happens to them. */
export function setUpRevocable(
  kind: CookieKind,
  {
    store = new MemoryStore({ maxRecords: 1000 }),
    ...rest
  }: Partial<SessionOptions> & { store?: SessionStore } = {},
) {
  const setting = setUp({ ...rest, storage: COOKIES[kind]({ revocation: store }) });
  const { sessions, clock } = setting;
  return {
    ...setting,
    store,
    /** Ends every record; how many there were. */
    countRecords: () => store.deleteAll!(new Date(clock.now())),
    /** The session behind a cookie; what is done with it is not kept. */
    look: async (cookie: string) => sessions.open({ cookie, host: "example.com", encrypted: true }).session(),
  };
}

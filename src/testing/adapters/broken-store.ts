import assert from "node:assert/strict";
import { createSessions, serverSide, type SessionManager } from "../../session/index.ts";
import type { Bench } from "./bench.ts";
import type { Reply } from "./send.ts";
import { intercepted, memory } from "./storages.ts";

/** What a backend says of itself, which no visitor may read. */
const PRIVATE = "connect ECONNREFUSED 10.0.0.7:6379 password=hunter2";

/** Sessions in a store whose operations can be made to fail. */
export interface Breakable {
  readonly sessions: SessionManager;
  /** The operations so far. */
  readonly calls: string[];
  /** The operations that fail from now on. */
  broken: readonly string[];
}

export function breakable(): Breakable {
  const calls: string[] = [];
  const store = intercepted(memory(), (operation) => {
    calls.push(operation);
    return state.broken.includes(operation) ? Promise.reject(new Error(PRIVATE)) : undefined;
  });
  const state: Breakable = { sessions: createSessions({ storage: serverSide(store) }), calls, broken: [] };
  return state;
}

/** All that writes. */
export const WRITING = ["create", "save", "replace", "touch", "delete"];

/** What an answer carries that must not leave where its session was not stored. */
export const BEARING = {
  "X-Own": "1",
  ETag: '"e"',
  "Cache-Control": "public, max-age=60",
  "Set-Cookie": "own=1",
};

/** 503, and nothing of the handler's answer, of the reason or of the visitor. */
export function assertUnavailable({ plainErrors }: Bench["capabilities"], reply: Reply): void {
  assert.deepEqual([reply.status, reply.header("retry-after"), reply.setCookies], [503, "1", []]);
  for (const name of ["x-own", "location", "vary"]) assert.equal(reply.header(name), undefined, name);
  // A framework may give its page an ETag of its own.
  assert.notEqual(reply.header("etag"), BEARING.ETag);
  assert.ok([undefined, "no-store"].includes(reply.header("cache-control")), reply.header("cache-control"));
  if (plainErrors) assert.ok(["Service Unavailable", ""].includes(reply.text), reply.text);
  assert.ok(!reply.text.includes("hunter2"), reply.text);
}

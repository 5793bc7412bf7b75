/**
 * The probes that the benchmark sends hipflask and its peers through (`npm run bench:torture`): each row of hipflask's is good in
 * all of them, or as good as a session in a cookie can be.
 */
import { createSessions, encryptedCookie, serverSide, signedCookie } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { nodeSessions } from "hipflask/adapters/node";
import expressSession from "hipflask/express-session";
import { MemoryStore } from "hipflask/stores/memory";
import { describe, expect, test } from "vitest";
import { ownRows } from "../../bench/torture/own.mjs";

const rows = ownRows({
  createSessions,
  encryptedCookie,
  expressSession,
  expressSessions,
  fastifySessions,
  honoSessions,
  koaSessions,
  MemoryStore,
  nodeSessions,
  serverSide,
  signedCookie,
});

const LONG = { timeout: 60_000 };

describe("the probes that hipflask's peers fail", () => {
  test.each(rows)("find nothing bad in $name", LONG, async ({ torment }) => {
    const cells = await torment();
    const failed = Object.entries(cells).filter(([, { verdict }]) => verdict === "bad");
    expect(failed).toEqual([]);
    // Nothing was left out: so many questions were asked.
    expect(Object.keys(cells)).toHaveLength(21);
  });
});

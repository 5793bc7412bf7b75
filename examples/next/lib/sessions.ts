import { createSessions } from "hipflask";
import { nextSessions } from "hipflask/adapters/next";
import { cookies, headers } from "next/headers";

const sessions = createSessions<{ visits?: number }>({
  secretKey: process.env.SECRET_KEY,
  idleTimeout: 30 * 60,
});

export const { getSession, handler, action } = nextSessions(sessions, { cookies, headers });

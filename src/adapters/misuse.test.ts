import { describe, expect, test } from "vitest";
import { createSessions } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { sessionDecorator } from "hipflask/adapters/nest";
import { nextSessions } from "hipflask/adapters/next";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { reactRouterSessionStorage } from "hipflask/adapters/react-router-storage";
import { svelteKitSessions } from "hipflask/adapters/sveltekit";
import { webSessions } from "hipflask/adapters/web";
import { ConfigError } from "../errors.ts";
import { inspector } from "../inspector/inspector.ts";
import { sessionsAdmin } from "../inspector/admin.ts";
import { createLogin } from "../login/index.ts";
import { KEY } from "../../test/support/visitor.ts";

const handler = () => new Response();
const nextFunctions = { cookies: async () => ({ set: () => undefined }), headers: async () => new Headers() };
const users = { loadUser: () => undefined };

const CALLS: Readonly<Record<string, (sessions: any) => unknown>> = {
  expressSessions,
  fastifySessions,
  h3Sessions,
  honoSessions,
  koaSessions,
  sessionDecorator,
  nextSessions: (sessions) => nextSessions(sessions, nextFunctions),
  nodeSessions: (sessions) => nodeSessions(sessions, () => undefined),
  reactRouterSessions,
  reactRouterSessionStorage,
  svelteKitSessions,
  webSessions: (sessions) => webSessions(sessions, handler),
  createLogin: (sessions) => createLogin(sessions, users),
  inspector,
  sessionsAdmin: (sessions) => sessionsAdmin(sessions, { guard: () => true }),
};

describe.each(Object.entries(CALLS))("%s", (name, call) => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["options", { secretKey: KEY }],
    ["createSessions itself", createSessions],
  ])("refuses %s where sessions are needed, when it is called", (_, sessions) => {
    expect(() => call(sessions)).toThrow(ConfigError);
    expect(() => call(sessions)).toThrow(name);
  });

  test("takes what createSessions returned", () => {
    expect(() => call(createSessions({ secretKey: KEY }))).not.toThrow();
  });
});

test("what is undefined may be so because modules import each other", () => {
  expect(() => honoSessions(undefined as never)).toThrow(/two modules import each other/);
});

test.each([
  ["nodeSessions", nodeSessions],
  ["webSessions", webSessions],
] as const)("%s needs a handler", (name, call) => {
  const sessions = createSessions({ secretKey: KEY });
  for (const given of [undefined, {}])
    expect(() => (call as (...given: unknown[]) => unknown)(sessions, given)).toThrow(
      `${name}(sessions, handler) takes the handler`,
    );
});

test.each([undefined, {}, { cookies: nextFunctions.cookies }])(
  "nextSessions needs Next's functions: %j",
  (functions) => {
    const sessions = createSessions({ secretKey: KEY });
    expect(() => nextSessions(sessions, functions as never)).toThrow(/from "next\/headers"/);
  },
);

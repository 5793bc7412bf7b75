import { request as ask } from "node:http";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessions, encryptedCookie, serverSide, signedCookie } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { honoSessions } from "hipflask/adapters/hono";
import { nodeSessions } from "hipflask/adapters/node";
import { MemoryStore } from "hipflask/stores/memory";
import { startFlaskBehindHttps } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";
import { type Site, Sites } from "./sites.ts";

const SECRET = { secretKey: "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q", idleTimeout: 1800 };
const STORAGES = {
  encrypted: () => encryptedCookie(),
  signed: () => signedCookie(),
  server: () => serverSide(new MemoryStore()),
};

/** The same page everywhere: whoever comes without a session gets one. */
function greet(data: { since?: number }): string {
  data.since ??= Math.floor(Date.now() / 1000);
  return "<p>Welcome</p>";
}

const APPLICATIONS: Readonly<Record<string, (storage: keyof typeof STORAGES) => Site["answer"]>> = {
  node: (storage) => {
    const sessions = createSessions<{ since?: number }>({ ...SECRET, storage: STORAGES[storage]() });
    return nodeSessions(sessions, async (request, response) => {
      response.end(greet((await sessions.get(request)).data));
    });
  },
  hono: (storage) => {
    const sessions = createSessions<{ since?: number }>({ ...SECRET, storage: STORAGES[storage]() });
    const app = new Hono().use(honoSessions(sessions));
    app.get("/", async (c) => c.html(greet((await sessions.get(c)).data)));
    return getRequestListener(app.fetch, { overrideGlobalObjects: false });
  },
  express: (storage) => {
    const sessions = createSessions<{ since?: number }>({ ...SECRET, storage: STORAGES[storage]() });
    const app = express().use(expressSessions(sessions));
    app.get("/", async (request, response) => void response.send(greet((await sessions.get(request)).data)));
    return app;
  },
};

const CASES = Object.keys(APPLICATIONS).flatMap((application) =>
  (Object.keys(STORAGES) as (keyof typeof STORAGES)[]).map((storage) => ({
    application,
    storage,
    host: `${application}-${storage}.test`,
  })),
);

describeWith("openssl", "the doctor finds nothing wrong", () => {
  let sites: Sites;

  beforeAll(async () => {
    sites = await Sites.start(
      new Map(
        CASES.map(({ application, storage, host }) => [
          host,
          { answer: APPLICATIONS[application]!(storage) },
        ]),
      ),
    );
  });

  afterAll(() => sites.close());

  test.each(CASES)("with $application and sessions that are kept $storage", async ({ host }) => {
    expect(await sites.doctor(`https://${host}/`)).toEqual({ code: 0, err: "", faults: [] });
  });
});

/** Hands requests on, as nginx does, and says that they came by https. */
function proxyTo(server: RunningServer): Site["answer"] {
  const { hostname, port } = new URL(server.url);
  return (incoming, outgoing) => {
    const { url: path, method, headers } = incoming;
    const forwarded = {
      ...headers,
      "x-forwarded-proto": "https",
      "x-forwarded-host": headers.host,
      connection: "close",
    };
    const handed = ask({ hostname, port, path, method, headers: forwarded }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(handed);
  };
}

describeWith(["openssl", "flask", "gunicorn"], "the doctor finds nothing wrong with real Flask", () => {
  let flask: RunningServer;
  let sites: Sites;

  beforeAll(async () => {
    flask = await startFlaskBehindHttps(SECRET.secretKey);
    sites = await Sites.start(new Map([["flask.test", { answer: proxyTo(flask) }]]));
  });

  afterAll(async () => {
    sites.close();
    await flask.stop();
  });

  test("behind a proxy that speaks https", async () => {
    const { headers } = await fetch(flask.url);
    expect(headers.get("Set-Cookie")).toMatch(/^__Host-session=.*; Secure; HttpOnly; Path=\/; SameSite=Lax$/);
    expect(await sites.doctor("https://flask.test/")).toEqual({ code: 0, err: "", faults: [] });
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overHttp, type Reply } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp, startApp } from "../support/client.ts";
import { describeWith } from "../support/provisioned.ts";
import { KEY } from "../support/visitor.ts";
import { type Rig, type RigKind, RIGS } from "./rigs.ts";

const isLong = process.env["HIPFLASK_LONG"] === "1";
type Storage = "server" | "hybrid" | "encrypted" | "signed";

const OPERATIONS = ["read", "write", "update", "regenerate", "flash"] as const;

/** Where sessions with copies in cookies, and those in cookies that can be revoked, are looked at when time is short. */
const SHORT: Readonly<Record<string, readonly Storage[]>> = {
  file: ["encrypted"],
  sqlite: ["hybrid", "encrypted", "signed"],
  postgres: ["encrypted"],
  redis: ["hybrid", "encrypted"],
};

const WHERE: Readonly<Record<Storage, string>> = {
  server: "",
  hybrid: "hybrid, in ",
  encrypted: "encrypted cookies, revocation in ",
  signed: "signed cookies, revocation in ",
};

/** What the conformance app is told. */
function environment({ env }: Rig, storage: Storage): Record<string, string> {
  if (storage === "server") return env;
  if (storage === "hybrid") return { ...env, STORAGE: "hybrid", MAX_AGE: "60" };
  return { ...env, STORAGE: storage, REVOCATION: env["STORE"]! };
}

/** A client with a session of its own: data, and a user who is logged in. */
async function loggedIn(app: RunningApp): Promise<Client> {
  const client = new Client(overHttp(app.origin), app.origin);
  await client.ask("PUT", "/data/secret", { json: "s" });
  await client.post("/login?user=1");
  await client.ask("PUT", "/data/private", { json: "p" });
  return client;
}

/** What its browser sends after the name of the session's cookie: the copy of the session too, where there is one. */
async function broughtBy(client: Client, cookie: string): Promise<string> {
  const copy = await client.cookie("session.copy");
  return copy === undefined ? cookie : `${cookie}; session.copy=${copy}`;
}

/** Sessions in a store, those with copies in cookies, and those in cookies that it can revoke. */
function storagesOf({ store, owners }: RigKind): readonly Storage[] {
  if (owners === false) return ["server"];
  return ["server", ...(isLong ? (["hybrid", "encrypted", "signed"] as const) : (SHORT[store] ?? []))];
}

const SUBJECTS = RIGS.flatMap((kind) => storagesOf(kind).map((storage) => ({ kind, storage })));

for (const { kind, storage } of SUBJECTS) {
  const describeRig = kind.needs === undefined ? describe : describeWith.bind(undefined, kind.needs);
  const rounds = isLong ? 50 : storage === "server" ? 10 : 4;
  describeRig(`a logout while another request is under way (${WHERE[storage]}${kind.store})`, () => {
    let rig: Rig;
    let apps: RunningApp[];

    beforeAll(async () => {
      rig = await kind.start();
      apps = [];
      for (let i = 0; i < Math.min(kind.processes, 2); i++)
        apps.push(await startApp({ ...environment(rig, storage), ADAPTER: "node", SECRET_KEY: KEY }));
    }, 180_000);

    afterAll(async () => {
      await Promise.all(apps.map((app) => app.stop()));
      await rig.close();
    });

    function ask(app: RunningApp, method: string, path: string, cookie: string): Promise<Reply> {
      return overHttp(app.origin)(path, { method, headers: [["cookie", `session=${cookie}`]] });
    }

    /** Nobody finds a user or data behind the old cookie. */
    async function expectEnded(cookie: string): Promise<void> {
      for (const app of apps) {
        expect((await ask(app, "GET", "/me", cookie)).json()).toMatchObject({ user: null, new: true });
        expect((await ask(app, "GET", "/dump", cookie)).json()).toEqual({});
      }
    }

    /** Who is logged in with the client's cookie: of a copy of its session, which may be late, nothing is sent. */
    async function userOf(client: Client): Promise<string | null> {
      return (await ask(apps[0]!, "GET", "/me", (await client.cookie("session"))!)).json().user;
    }

    /** A request that came after the logout may have begun another session, of a stranger. */
    async function expectStranger(cookie: string): Promise<void> {
      expect((await ask(apps[0]!, "GET", "/me", cookie)).json()).toMatchObject({ user: null });
      const data = (await ask(apps[0]!, "GET", "/dump", cookie)).json();
      expect([data.secret, data.private]).toEqual([undefined, undefined]);
    }

    test.each(OPERATIONS)(
      `is final against a %s, ${rounds} times`,
      { timeout: 60_000 },
      async (operation) => {
        for (let round = 0; round < rounds; round++) {
          const client = await loggedIn(apps[0]!);
          const cookie = (await client.cookie("session"))!;
          const brought = await broughtBy(client, cookie);
          // From well before the operation to well after it, in another process where there is one.
          const slow = ask(apps[0]!, "GET", `/slow?op=${operation}&ms=15&key=k`, brought);
          await sleep(Math.random() * 30);
          const logout = await ask(apps.at(-1)!, "POST", "/logout", brought);
          expect(logout.status).toBe(200);
          const reply = await slow;
          expect([200, 409, 503]).toContain(reply.status);
          await expectEnded(cookie);
          for (const given of reply.cookies("session")) await expectStranger(given);
        }
      },
    );

    test(`is final against the login of another user, ${rounds} times`, { timeout: 60_000 }, async () => {
      for (let round = 0; round < rounds; round++) {
        const client = await loggedIn(apps[0]!);
        const cookie = (await client.cookie("session"))!;
        const brought = await broughtBy(client, cookie);
        const login = sleep(Math.random() * 6).then(() => ask(apps[0]!, "POST", "/login?user=2", brought));
        await sleep(Math.random() * 6);
        const logout = ask(apps.at(-1)!, "POST", "/logout", brought);
        const [{ status }] = await Promise.all([login, logout]);
        expect([200, 409, 503]).toContain(status);
        expect((await logout).status).toBe(200);
        await expectEnded(cookie);
      }
    });

    test.skipIf(kind.owners === false)(
      "is final for all devices, also those that log in meanwhile or before",
      { timeout: 60_000 },
      async () => {
        const before = await Promise.all(
          Array.from({ length: 25 }, (_, i) => loggedIn(apps[i % apps.length]!)),
        );
        const logins = Promise.all(Array.from({ length: 25 }, (_, i) => loggedIn(apps[i % apps.length]!)));
        await ask(apps.at(-1)!, "POST", "/logout-all?user=1", "");
        const after = await Promise.all(
          Array.from({ length: 5 }, (_, i) => loggedIn(apps[i % apps.length]!)),
        );
        for (const client of before) expect(await userOf(client)).toBe(null);
        for (const client of after) expect(await userOf(client)).toBe("1");
        const alive = [];
        for (const client of [...(await logins), ...after])
          if ((await userOf(client)) === "1") alive.push(client);
        // The list knows every session that lives, and no other one.
        const reply = await ask(apps[0]!, "GET", "/sessions?user=1", "");
        expect(reply.json()).toHaveLength(alive.length);
        await ask(apps[0]!, "POST", "/logout-all?user=1", "");
        expect((await ask(apps[0]!, "GET", "/sessions?user=1", "")).json()).toEqual([]);
      },
    );
  });
}

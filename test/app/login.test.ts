import { createSessions } from "hipflask";
import { FlaskCookie } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { beforeAll, describe, expect, test } from "vitest";
import { overFetch, type Send } from "../../src/testing/adapters/send.ts";
import { Client } from "../support/client.ts";
import { Visitor } from "../support/visitor.ts";
import { webApp } from "./adapters.ts";
import { conformanceRoutes } from "./routes.ts";
import { readSettings } from "./settings.ts";

const ORIGIN = "http://127.0.0.1";
const SECRET = "M2nq0uXc7VJp5YwTz8rKfLd1sGhB9eAo";

const SETTINGS = {
  "encrypted cookies that a store can revoke": {
    STORAGE: "encrypted",
    REVOCATION: "memory",
    ACCEPT: "flask,jwt",
  },
  "encrypted cookies": { STORAGE: "encrypted" },
  "a store": { STORAGE: "server", STORE: "memory" },
  "Flask's cookie": { STORAGE: "flask" },
};

describe.each(Object.entries(SETTINGS))(
  "the conformance app's logins with sessions in %s",
  (title, settings) => {
    const isFlask = title === "Flask's cookie";
    const isRevoking = title !== "encrypted cookies" && !isFlask;
    let send: Send;

    beforeAll(async () => {
      const { sessions, login } = await readSettings({ SECRET_KEY: SECRET, ...settings });
      const respond = conformanceRoutes({ sessions, login, unhandled: () => 0 });
      send = overFetch(webApp({ sessions, respond }), ORIGIN);
    });

    const browser = () => new Client(send, ORIGIN);
    const me = async (client: Client) => (await client.get("/auth/me")).json();
    const NOBODY = { user: null, fresh: false, remembered: false };

    /** The same cookies in another browser. */
    async function copy(client: Client): Promise<Client> {
      const other = browser();
      const cookies = await client.jar.getCookies(ORIGIN);
      for (const cookie of cookies) await other.jar.setCookie(cookie.clone()!, ORIGIN);
      return other;
    }

    test("log in, ask for a login, and log out", async () => {
      const client = browser();
      expect(await me(client)).toEqual(NOBODY);
      expect((await client.get("/auth/required")).status).toBe(401);
      expect((await client.post("/auth/login")).status).toBe(400);
      await client.post("/auth/login?user=42");
      expect(await me(client)).toEqual({ user: "42", fresh: true, remembered: false });
      expect((await client.get("/auth/required")).json()).toEqual({ user: "42" });
      expect((await client.get("/auth/fresh")).json()).toEqual({ user: "42" });
      expect((await client.get("/me")).json().user).toBe("42");
      const thief = await copy(client);
      await client.post("/auth/logout");
      expect(await me(client)).toEqual(NOBODY);
      expect((await me(thief)).user).toBe(isRevoking ? null : "42");
    });

    test("are remembered, less than freshly", async () => {
      const client = browser();
      await client.post("/auth/login?user=42&remember=1&duration=3600");
      await client.jar.setCookie("session=; Max-Age=0; Path=/", ORIGIN);
      expect(await me(client)).toEqual({ user: "42", fresh: false, remembered: true });
      expect((await client.get("/auth/fresh")).json()).toMatchObject({ error: "NEEDS_REFRESH" });
      await client.post("/auth/confirm");
      expect((await client.get("/auth/fresh")).json()).toEqual({ user: "42" });
    });

    test.runIf(isRevoking)(
      "end everywhere else with a new password, and everywhere when that is asked",
      async () => {
        const [laptop, phone] = [browser(), browser()];
        for (const client of [laptop, phone]) await client.post("/auth/login?user=7");
        const devices = (await laptop.get("/auth/devices")).json();
        expect(devices.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent).toSorted()).toEqual([
          false,
          true,
        ]);
        await laptop.post("/auth/password-changed");
        expect((await me(laptop)).user).toBe("7");
        expect((await me(phone)).user).toBe(null);
        await browser().post("/auth/logout-all?user=7");
        expect((await me(laptop)).user).toBe(null);
      },
    );

    test.runIf("ACCEPT" in settings)("take over a session of Flask's once", async () => {
      const flask = new Visitor(createSessions(flaskConfig({ SECRET_KEY: SECRET })), "http://localhost/");
      await flask.visit(({ data }) => Object.assign(data, { _user_id: "9", cart: ["tea"] }));
      const ask = async (path: string, method = "GET") =>
        send(path, { method, headers: [["cookie", flask.cookie]] });
      const taken = await ask("/me");
      expect(taken.json().user).toBe("9");
      const ours = taken.cookies("session")[0]!;
      const bring = (method: string, path: string) =>
        send(path, { method, headers: [["cookie", `session=${ours}`]] });
      expect((await bring("GET", "/dump")).json()).toEqual({ cart: ["tea"] });
      await bring("POST", "/logout");
      expect((await bring("GET", "/me")).json().user).toBe(null);
      expect((await ask("/me")).json().user).toBe(null);
      expect(new FlaskCookie([SECRET]).hasForm(ours)).toBe(false);
    });

    test("have no other routes", async () => {
      expect((await browser().get("/auth/login")).status).toBe(404);
      expect((await browser().get("/auth")).status).toBe(404);
    });
  },
);

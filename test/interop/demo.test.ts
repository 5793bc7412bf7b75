import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFlask } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RunningServer, startServer } from "../support/server-process.ts";
import { Browser } from "./browser.ts";

const SECRET = randomBytes(32).toString("base64url");

describeWith("flask", "the demo beside a Flask application", () => {
  describeWith("gunicorn", "under gunicorn", () => {
    let flask: RunningServer;
    let demo: RunningServer;

    beforeAll(async () => {
      [flask, demo] = await Promise.all([startFlask(SECRET), startDemo()]);
    }, 30_000);
    afterAll(() => Promise.all([flask.stop(), demo.stop()]));

    test("counts in the session that Flask began", async () => {
      const browser = new Browser();
      await browser.post(`${flask.url}/login`, { user: "Zoë" });
      await browser.post(`${flask.url}/count`);
      const { session } = await browser.get(`${demo.url}/sessions/count`);
      expect(session).toMatchObject({ session_key: "count", session_value: 2 });
      expect(await browser.post(`${flask.url}/count`)).toBe(3);
      expect(await browser.get(`${flask.url}/data`)).toMatchObject({
        user_id: "Zoë",
        count: 3,
        hello: "World",
      });
    });

    test("logs in to Flask, where its greeting is shown; a logout in Flask is one in the demo", async () => {
      const browser = new Browser();
      await browser.send("POST", `${demo.url}/login`, {}, { name: "Zoë" });
      expect(await browser.get(`${flask.url}/data`)).toMatchObject({ _user_id: "Zoë", _fresh: true });
      expect(await browser.get(`${flask.url}/flashes`)).toEqual([["success", "Welcome, Zoë!"]]);
      expect(await browser.get(`${demo.url}/inspect`)).toMatchObject({ user: "Zoë" });
      await browser.post(`${flask.url}/logout`);
      expect(await browser.get(`${demo.url}/inspect`)).toMatchObject({ cookies: [], user: null });
    });

    test("shows what Flask flashed, and ends Flask's session", async () => {
      const browser = new Browser();
      await browser.post(`${flask.url}/login`, { user: "Zoë", permanent: "" });
      await browser.post(`${flask.url}/flash`, { message: "Saved", category: "info" });
      const { flashes } = await browser.get(`${demo.url}/flashes`);
      expect(flashes).toEqual([{ category: "info", message: "Saved" }]);
      await browser.send("POST", `${demo.url}/logout`, {}, {});
      expect(await browser.get(`${flask.url}/data`)).toEqual({});
    });
  });
});

function startDemo(): Promise<RunningServer> {
  return startServer({
    program: process.execPath,
    args: ["--conditions=@hipflask/source", "--import", "tsx", "apps/demo/main.ts"],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { SECRET_KEY: SECRET, PORT: "0" },
    announcement: /on (http:\S+)/,
  });
}

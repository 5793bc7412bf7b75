import { fastify } from "fastify";
import { describe, expect, test } from "vitest";
import { inProduction } from "../../test/support/production.ts";
import { APPS, STORAGES } from "../../test/support/small-apps.ts";
import { fastifySessions } from "../adapters/fastify.ts";
import { ConfigError } from "../errors.ts";
import { cookieFor, TestClient } from "./index.ts";

describe.each(Object.keys(STORAGES))("the cookie of a session with %s", (storage) => {
  test("is what the application finds the session by", async () => {
    const sessions = STORAGES[storage]!();
    const cookie = await cookieFor(sessions, { n: 5 }, { user: "ada" });
    expect(cookie).toMatch(/^session=[\w.-]+$/);
    const client = new TestClient(await APPS["hono"]!(sessions));
    const response = await client.get("/", { headers: { cookie } });
    expect(await response.json()).toEqual({ n: 6, user: "ada", flashes: [] });
  });

  test("has the name that goes with its URL, and with production", async () => {
    const sessions = STORAGES[storage]!();
    const name = async (url: string) => (await cookieFor(sessions, { n: 5 }, { url })).split("=")[0];
    const secure = storage === "flaskConfig" ? "session" : "__Host-session";
    expect([await name("http://127.0.0.1:8080"), await name("https://localhost")]).toEqual([
      "session",
      secure,
    ]);
    await inProduction(async () => {
      expect(await cookieFor(STORAGES[storage]!(), { n: 5 })).toMatch(`${secure}=`);
    });
  });

  test("goes where a framework injects requests", async () => {
    const sessions = STORAGES[storage]!();
    const app = fastify().register(fastifySessions(sessions));
    app.get("/", async (request) => (await sessions.get(request)).data);
    const cookie = await cookieFor(sessions, { n: 5 });
    expect((await app.inject({ url: "/", headers: { cookie } })).json()).toEqual({ n: 5 });
  });
});

test("a session that holds nothing has no cookie", async () => {
  const sessions = STORAGES["serverSide"]!();
  await expect(cookieFor(sessions, {})).rejects.toThrow(ConfigError);
  expect(await cookieFor(sessions, {}, { user: "ada" })).toMatch(/^session=/);
  await expect(cookieFor(sessions, { n: 1 }, { url: "localhost" })).rejects.toThrow(ConfigError);
  // @ts-expect-error -- n is a number
  await cookieFor(sessions, { n: "1" });
});

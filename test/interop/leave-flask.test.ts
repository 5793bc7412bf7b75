import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSessions, encryptedCookie, serverSide, signedCookie } from "hipflask";
import { acceptFlask } from "hipflask/flask";
import { MemoryStore } from "hipflask/stores/memory";
import { startFlask } from "../support/flask-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";
import { KEY, Visitor } from "../support/visitor.ts";
import { Browser } from "./browser.ts";

const SECRET = randomBytes(32).toString("base64url");

describeWith(["flask", "gunicorn"], "Leaving Flask, which keeps sessions in its cookie", () => {
  let flask: RunningServer;

  beforeAll(async () => {
    flask = await startFlask(SECRET);
  }, 30_000);
  afterAll(() => flask.stop());

  describe.each([
    ["encryptedCookie()", () => encryptedCookie()],
    ["signedCookie()", () => signedCookie()],
    ["serverSide(store)", () => serverSide(new MemoryStore())],
  ])("for %s", (_, storage) => {
    test("20 visitors whom Flask has logged in stay so, with parallel requests, and from then on ours is their cookie", async () => {
      const sessions = createSessions<Record<string, any>>({
        secretKey: KEY,
        storage: storage(),
        cookie: { name: "__Host-session" },
        accept: [acceptFlask({ SECRET_KEY: "newer", SECRET_KEY_FALLBACKS: [SECRET] })],
      });
      await Promise.all(
        Array.from({ length: 20 }, async (_one, i) => {
          const python = new Browser();
          await python.post(`${flask.url}/login`, { user: `u${i}`, permanent: "" });
          await python.post(`${flask.url}/cart`, { item: "tea" });
          await python.post(`${flask.url}/flash`, { message: "Saved ✓", category: "success" });
          const value = await python.cookie("session", flask.url);
          const visitor = new Visitor(sessions, "https://example.com/");
          await visitor.exchange(({ jar }) => jar.set("session", value!));
          const copies = Array.from({ length: 4 }, () => visitor.copy());
          await Promise.all(
            copies.map((copy) => copy.visit(({ data }) => expect(data["user_id"]).toBe(`u${i}`))),
          );
          for (const one of [visitor, ...copies]) {
            await one.visit((session) => {
              expect(session.data).toEqual({ user_id: `u${i}`, cart: { items: ["tea"] } });
              expect(session.permanent).toBe(true);
            });
            expect(one.cookie).toMatch(/^__Host-session=[^;]+$/);
          }
          await visitor.visit((session) =>
            expect(session.flashes()).toEqual([{ category: "success", message: "Saved ✓" }]),
          );
        }),
      );
    });
  });
});

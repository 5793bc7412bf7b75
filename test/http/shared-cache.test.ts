import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overHttp } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp, startApp } from "../support/client.ts";
import { startCache } from "../support/nginx-server.ts";
import { describeWith } from "../support/provisioned.ts";
import type { RunningServer } from "../support/server-process.ts";

const KEY = "K8sQw3ZtR7vXy2BnM5jLp9HfDc4GaE6u";

/**
 * What a cache between visitors and application is told to disregard. One that is told to keep answers in spite of `no-store` *and* in
 * spite of Set-Cookie gives one visitor's cookie to the next, whatever the application says.
 */
const CACHES: Readonly<Record<string, readonly string[]>> = {
  "that believes all headers": [],
  "that keeps answers in spite of Set-Cookie": ["Set-Cookie", "Expires", "X-Accel-Expires"],
  "that keeps answers in spite of Cache-Control": ["Cache-Control", "Expires", "X-Accel-Expires"],
};

describeWith("nginx", "behind a cache that all visitors share", () => {
  describe.each(["web", "node", "hono"])("the adapter %s", (adapter) => {
    describe.each(["signed", "server", "flask"])("with STORAGE=%s", (storage) => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await startApp({ ADAPTER: adapter, STORAGE: storage, SECRET_KEY: KEY, PORT: "0" });
      });
      afterAll(() => app.stop());

      // Flask leaves Cache-Control to the application, so the second would give away what it sets.
      const names = Object.keys(CACHES).filter((_, i) => storage !== "flask" || i !== 1);
      describe.each(names)("%s", (name) => {
        let cache: RunningServer;
        const visitor = () => new Client(overHttp(cache.url), cache.url);
        beforeAll(async () => {
          cache = await startCache(app.origin, CACHES[name]);
        });
        afterAll(() => cache.stop());

        test("answers that depend on nobody's session are kept", async () => {
          await visitor().get("/ping");
          expect((await visitor().get("/ping")).header("x-cache")).toBe("HIT");
        });

        test("nobody gets what another visitor's session holds, or sets", async () => {
          const users = ["ada", "bob"].map((user) => ({ user, browser: visitor() }));
          for (const { user, browser } of users) {
            await browser.post(`/login?user=${user}`);
            await browser.ask("PUT", "/data/name", { json: user });
          }
          for (let round = 0; round < 3; round++) {
            for (const { user, browser } of users) {
              expect((await browser.get("/data/name")).json()).toBe(user);
              expect((await browser.get("/me")).json()).toMatchObject({ user });
              expect((await browser.get("/dump")).text).toContain(user);
            }
            const stranger = await visitor().get("/dump");
            expect(stranger.text).not.toMatch(/ada|bob/);
            expect((await visitor().get("/me")).json().user ?? null).toBeNull();
            expect((await visitor().get("/data/name")).status).toBe(404);
          }
        });

        test("nobody gets a cookie that was set for another visitor", async () => {
          const all: string[] = [];
          for (let i = 0; i < 5; i++) all.push(...(await visitor().get("/redirect")).setCookies);
          expect(all).toHaveLength(5);
          if (storage === "server") expect(new Set(all).size).toBe(5);
        });

        test("a visitor who has logged out is not shown what was theirs", async () => {
          const browser = visitor();
          await browser.post("/login?user=eve");
          expect((await browser.get("/me")).json()).toMatchObject({ user: "eve" });
          await browser.post("/logout");
          expect((await browser.get("/me")).json().user ?? null).toBeNull();
        });
      });
    });
  });
});

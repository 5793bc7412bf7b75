import { expect, test } from "vitest";
import { describeExample, frameworkSuite } from "./framework-suite.ts";

frameworkSuite("nitro");

describeExample("nitro", "the example for Nitro", (start) => {
  test("counts, and logs in with a redirect whose target sees it", async () => {
    const { client } = await start();
    expect(await (await client.get("/")).json()).toEqual({ visits: 1 });
    const reply = await client.post("/login");
    expect([reply.status, reply.headers.get("Location"), reply.headers.get("Cache-Control")]).toEqual([
      303,
      "/",
      "no-store",
    ]);
    expect(await client.cookie("__Host-session")).toBeDefined();
    expect(await (await client.get("/")).json()).toEqual({ user: "ada", visits: 2 });
  });

  test("answers HEAD with the headers of GET, and what there is not with 404 and no cookie", async () => {
    const { client } = await start();
    const head = await client.head("/");
    expect([head.status, head.headers.getSetCookie().length, await head.text()]).toEqual([200, 1, ""]);
    const missing = await client.get("/nowhere");
    expect([missing.status, missing.headers.getSetCookie()]).toEqual([404, []]);
  });
});

import { get } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createSessions } from "hipflask";
import { inspector } from "hipflask/inspector";
import { TestClient } from "hipflask/testing";
import { listen } from "../support/client.ts";
import { KEY } from "../support/visitor.ts";
import { MOUNTS } from "./mounts.ts";

/** The inspector's answer to a client that says what no browser says. */
function statusWithHost(origin: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${origin}/dev/sessions/state`, { headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    }).on("error", reject);
  });
}

test.each(Object.keys(MOUNTS))("%s answers for the inspector, and notes its own requests", async (name) => {
  const sessions = createSessions({ secretKey: KEY });
  const inspect = inspector(sessions, { path: "/dev/sessions" });
  const mounting = MOUNTS[name]!(sessions, inspect, (session) => String((session.data["visits"] = 1)));
  const { origin, close } = await listen(await mounting);
  onTestFinished(close);
  const client = new TestClient(origin);

  const page = await client.get("/dev/sessions", { redirect: "follow" });
  expect(await page.text()).toContain("<title>Session inspector</title>");
  const live = await client.get("/dev/sessions/live");
  const events = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await events.read()).value).toContain("retry");

  expect(await (await client.get("/visit?key=value")).text()).toBe("1");
  expect((await events.read()).value).toContain("event: change");
  await events.cancel();

  const state = await (await client.get("/dev/sessions/state")).json();
  expect(state).toMatchObject({
    session: { state: "good", data: { visits: 1 } },
    requests: [{ method: "GET", path: "/visit?key=…", changes: [{ path: "visits", how: "added" }] }],
  });
  const tampered = await client.post("/dev/sessions/tamper", { json: { kind: "flip", at: 60 } });
  expect(await tampered.json()).toMatchObject({ accepted: false, happenings: [{ type: "token.bad_mac" }] });
  expect([400, 403]).toContain(await statusWithHost(origin, "not a host"));
  expect((await client.get("/dev/sessions/nothing")).status).toBe(404);
  expect((await client.get("/dev/sessionsandmore")).headers.get("X-Frame-Options")).toBeNull();
});

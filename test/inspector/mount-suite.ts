import { get, type Server } from "node:http";
import { expect, onTestFinished } from "vitest";
import { createSessions } from "hipflask";
import { inspector } from "hipflask/inspector";
import { TestClient } from "hipflask/testing";
import { listen } from "../support/client.ts";
import { KEY } from "../support/visitor.ts";
import type { Mount } from "./mounts.ts";

/** Where it is, and who may look where there is a guard. */
const PATH = "/dev/sessions";
const PASS = { "X-Pass": "yes" };
/** As it was before a framework has put its own in its place. */
const { fetch } = globalThis;
/** What says nothing of who is connected. */
const GUARDED = ["next", "react-router"];

/** A server with the inspector, for this test. @returns its origin */
export type Serve = (isGuarded: boolean) => Promise<string>;

export function serving(mount: Mount): Serve {
  return async (isGuarded) => {
    const sessions = createSessions({ secretKey: KEY });
    const guard = async (request: Request) => request.headers.get("X-Pass") === "yes";
    const inspect = inspector(sessions, { path: PATH, ...(isGuarded && { guard }) });
    const server = mount(sessions, inspect, (session) => String((session.data["visits"] = 1)));
    const { origin, close } = await listen((await server) as Server);
    onTestFinished(close);
    return origin;
  };
}

/** Whether a client that says what no browser says is shown the state. */
function isShown(
  origin: string,
  headers: Record<string, string>,
  { method = "GET", path = `${PATH}/state` } = {},
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get(origin, { headers, method, path, agent: false }, (response) => {
      response.resume();
      const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
      resolve(response.statusCode === 200 && isJson);
    }).on("error", reject);
  });
}

/** The stream of events, as text. */
async function listenTo(client: TestClient): Promise<ReadableStreamDefaultReader<string>> {
  const live = await client.get(`${PATH}/live`, { headers: PASS });
  expect(live.headers.get("Content-Type")).toBe("text/event-stream");
  return live.body!.pipeThrough(new TextDecoderStream()).getReader();
}

export async function answersForTheInspector(serve: Serve): Promise<void> {
  const origin = await serve(true);
  const client = new TestClient((request: Request) => fetch(request), { baseUrl: origin });
  for (const path of ["", "/", "/state", "/live", "/script.js"])
    expect([path, (await client.get(PATH + path, { redirect: "follow" })).status]).toEqual([path, 403]);
  const see = (path: string) => client.get(PATH + path, { headers: PASS, redirect: "follow" });

  for (const path of ["", "/"]) {
    const page = await see(path);
    expect(page.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    const [, script] = /<script type="module" src="([^"]+)"/.exec(await page.text())!;
    // As from where the address bar says that it is.
    const { pathname } = new URL(script!, page.url === "" ? `${origin}${PATH}${path}` : page.url);
    const answered = await client.get(pathname, { headers: PASS });
    expect(answered.headers.get("Content-Type")).toBe("text/javascript; charset=utf-8");
    expect((await answered.text()).length).toBeGreaterThan(10_000);
  }
  expect((await see("/style.css")).headers.get("Content-Type")).toBe("text/css; charset=utf-8");
  expect(await (await see("/state")).json()).toMatchObject({ isWatched: true, requests: [] });

  const events = await listenTo(client);
  expect((await events.read()).value).toContain("retry: 2000");
  expect(await (await client.get("/visit?key=value")).text()).toBe("1");
  expect((await events.read()).value).toContain("event: change");
  expect(await (await see("/state")).json()).toMatchObject({
    session: { state: "good", data: { visits: 1 } },
    requests: [{ method: "GET", path: "/visit?key=…", changes: [{ path: "visits", how: "added" }] }],
  });
  await events.cancel();
  // Whoever goes away makes room for the next.
  for (let pages = 0; pages < 8; pages++) {
    await expect
      .poll(async () => {
        const other = await listenTo(client);
        const { value } = await other.read();
        await other.cancel();
        return value;
      })
      .toContain("retry: 2000");
  }

  const json = { kind: "flip", at: 60 };
  const tampered = await client.post(`${PATH}/tamper`, { json, headers: PASS });
  expect(await tampered.json()).toMatchObject({ accepted: false, happenings: [{ type: "token.bad_mac" }] });
  const elsewhere = { ...PASS, Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
  expect((await client.post(`${PATH}/forget`, { headers: elsewhere })).status).toBe(403);
  expect((await see("/nothing")).status).toBe(404);
  expect((await client.get(`${PATH}andmore`)).headers.get("X-Frame-Options")).toBeNull();
}

export async function answersThisMachine(name: string, serve: Serve): Promise<void> {
  const origin = await serve(false);
  const answer = await new TestClient(origin).get(`${PATH}/state`);
  expect(answer.status).toBe(GUARDED.includes(name) ? 403 : 200);
  for (const host of ["not a host", "evil.example", "someone@localhost", "localhost/x?"])
    expect([host, await isShown(origin, { host })]).toEqual([host, false]);
  expect(await isShown(origin, { "X-Forwarded-For": "127.0.0.1" })).toBe(false);
  expect(await isShown(origin, {}, { method: "TRACE" })).toBe(false);
  // As long as the right one, and for a guard that goes by paths another place.
  expect(await isShown(origin, {}, { path: `${PATH}/../../dev_sessions/state` })).toBe(false);
  expect(await isShown(origin, {})).toBe(!GUARDED.includes(name));
}

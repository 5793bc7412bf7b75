// Leaving Flask-Session: its sessions move into a store of hipflask's as their visitors come, and nobody is logged out.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSessions, serverSide, type SessionManager } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { acceptFlaskSession, flaskConfig } from "hipflask/flask";
import { MemoryStore } from "hipflask/stores/memory";

const folder = await mkdtemp(join(tmpdir(), "flask_session-"));
const flask = { SESSION_TYPE: "filesystem", SESSION_FILE_DIR: folder } as const;

// Yesterday's application, which shares the folder with Python.
const shared = createSessions(flaskConfig(flask));
// Today's, which takes over what is there.
const own = createSessions({
  storage: serverSide(new MemoryStore()),
  accept: [acceptFlaskSession(flask)],
});

let cookies = new Map<string, string>();

async function visit(sessions: SessionManager, login?: string): Promise<string | undefined> {
  const handle = webSessions(sessions, async (request) => {
    const session = await sessions.get(request);
    if (login !== undefined) await session.regenerate({ user: login });
    return Response.json(session.user ?? null);
  });
  const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
  const response = await handle(new Request("https://example.com/", { headers: { cookie } }));
  for (const header of response.headers.getSetCookie()) {
    const [name, value] = header.split(";", 1)[0]!.split("=") as [string, string];
    if (value === "") cookies.delete(name);
    else cookies.set(name, value);
  }
  return (await response.json()) as string | undefined;
}

await visit(shared, "ada");
assert.deepEqual([...cookies.keys()], ["session"]);

const before = new Map(cookies);
assert.equal(await visit(own), "ada");
assert.deepEqual([...cookies.keys()], ["__Host-session"]);
assert.equal((await own.forUser("ada").list()).length, 1);

// The old cookie leads to the same session, until somebody logs out: then it leads nowhere.
const after = cookies;
cookies = before;
assert.equal(await visit(own), "ada");
await own.forUser("ada").revokeAll();
cookies = after;
assert.equal(await visit(own), null);
assert.equal(await visit(shared), null);

console.log("Everything has moved, and nobody was logged out by it.");
await rm(folder, { recursive: true });

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSessions, serverSide, type SessionStore } from "hipflask";
import { sessionsAdmin } from "hipflask/inspector/admin";
import { MemoryStore } from "hipflask/stores/memory";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { KEY, OTHER_KEY, Visitor } from "../support/visitor.ts";

/** Names that would be more than text on a page that forgets to escape one of them. */
export const HOSTILE = [
  "<img src=x onerror=\"document.title='taken'\">",
  '"><script>document.title="taken"</script>',
  "' onmouseover='alert(1)",
  "</title></table><h1>taken</h1>",
  "javascript:alert(1)",
  "&lt;b&gt;{{7*7}}${7*7}",
] as const;

const DEVICES = [
  "Firefox on Linux",
  "Chrome on Android",
  "Safari on iPhone",
  "Edge on Windows",
  "Chrome on macOS",
];
const USERS = ["ada@example.com", "grace@example.com", "margaret@example.com", "katherine@example.com"];

/** Sessions that are as encrypted as they can be, and the pages to administer them, behind a guard that knows one password. */
export function setUpAdmin(store: SessionStore = new MemoryStore({ maxRecords: 10_000 })) {
  const clock = new FakeClock();
  const options = { clock, idleTimeout: 30 * 60, lifetime: 14 * 24 * 60 * 60 };
  const storage = () => serverSide(store, { encryptAtRest: true });
  const sessions = createSessions({
    ...options,
    secretKey: OTHER_KEY,
    secretKeyFallbacks: [KEY],
    storage: storage(),
  });
  const before = createSessions({ ...options, secretKey: KEY, storage: storage() });
  const admin = sessionsAdmin(sessions, {
    guard: (request) => request.headers.get("Authorization") === "Basic YWRtaW46b3Blbg==",
  });
  return { clock, store, sessions, before, admin };
}

export type Setting = ReturnType<typeof setUpAdmin>;

/** Visitors who come one after the other, some of them under an older key; the last ones have hostile names. */
export async function fill({ sessions, before, clock }: Setting, amount: number): Promise<Visitor<any>[]> {
  const visitors: Visitor<any>[] = [];
  for (let index = 0; index < amount; index++) {
    const hostile = HOSTILE[index - (amount - HOSTILE.length)];
    const user = hostile ?? USERS[index % 7];
    const visitor = new Visitor(index < amount / 4 ? before : sessions);
    await visitor.visit(async (session: any) => {
      session.data.basket = `private ${index}`;
      if (user === undefined) return;
      await session.regenerate({ user, device: hostile ?? DEVICES[index % DEVICES.length] });
    });
    visitors.push(visitor.at(sessions));
    clock.move(index % 9);
  }
  return visitors;
}

/** The pages over http, as an application on Node serves them. */
export async function serveAdmin({ admin }: Setting): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => admin.node(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

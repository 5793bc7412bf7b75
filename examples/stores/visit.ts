import assert from "node:assert/strict";
import { createSessions, serverSide, type SessionStore } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { TestClient } from "hipflask/testing";

/** What every store does alike: a login, twenty writes at once, and a logout that is final. */
export async function visit(store: SessionStore): Promise<void> {
  await store.setup?.();
  const sessions = createSessions<{ clicks?: number }>({ storage: serverSide(store, { timeout: 10 }) });
  const browser = new TestClient(
    webSessions(sessions, async (request) => {
      const session = await sessions.get(request);
      if (request.method === "POST")
        await session.update((data) => {
          data.clicks = (data.clicks ?? 0) + 1;
        });
      return Response.json({ user: session.user, clicks: session.data.clicks });
    }),
  );
  await browser.sessionTransaction(sessions, (session) => session.regenerate({ user: "ada" }));
  await Promise.all(Array.from({ length: 20 }, () => browser.post("/")));
  assert.deepEqual(await (await browser.get("/")).json(), { user: "ada", clicks: 20 });

  await browser.sessionTransaction(sessions, (session) => session.destroy());
  assert.deepEqual(await (await browser.get("/")).json(), {});
  console.log("20 of 20 clicks kept, and the logout is final.");
}

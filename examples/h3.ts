// H3, and so Nitro: an exact counter that any number of parallel requests may count up.
import assert from "node:assert/strict";
import { H3 } from "h3";
import { createSessions, serverSide } from "hipflask";
import { h3Sessions } from "hipflask/adapters/h3";
import { MemoryStore } from "hipflask/stores/memory";

const sessions = createSessions<{ count?: number }>({ storage: serverSide(new MemoryStore()) });

const app = new H3();
app.use(h3Sessions(sessions));
app.post("/count", async (event) => {
  const session = await sessions.get(event);
  await session.update((data) => {
    data.count = (data.count ?? 0) + 1;
  });
  return { count: session.data.count };
});

const ask = (cookie: string) =>
  app.request("https://example.com/count", { method: "POST", headers: { cookie } });
const [cookie = ""] = (await ask("")).headers.getSetCookie()[0]!.split(";");
await Promise.all(Array.from({ length: 20 }, () => ask(cookie)));
const { count } = (await (await ask(cookie)).json()) as { count: number };
assert.equal(count, 22);
console.log(count);

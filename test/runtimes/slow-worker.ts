/** A Worker whose store takes its time, as one that is asked over the network does: how long, and whether it fails, a request says. */
import { createSessions, serverSide } from "../../src/index.ts";
import { webSessions } from "../../src/adapters/web.ts";
import { MemoryStore } from "../../src/stores/memory.ts";

interface Data {
  n?: number;
}

let delay = 0;
let fails = false;

/** On workerd a timer is what an answer from the network is: it belongs to the request. */
async function answer(): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, delay);
  });
  if (fails) throw new Error("The store fails.");
}

class SlowStore extends MemoryStore {
  override create = (...args: Parameters<MemoryStore["create"]>) =>
    answer().then(() => super.create(...args));
  override load = (...args: Parameters<MemoryStore["load"]>) => answer().then(() => super.load(...args));
  override save = (...args: Parameters<MemoryStore["save"]>) => answer().then(() => super.save(...args));
}

const sessions = createSessions<Data>({
  storage: serverSide(new SlowStore(), { timeout: 0.5 }),
});

const count = webSessions(sessions, async (request: Request) => {
  const session = await sessions.get(request);
  const increment = (data: Data) => void (data.n = (data.n ?? 0) + 1);
  if (request.url.endsWith("/update")) await session.update(increment);
  if (request.url.endsWith("/write")) increment(session.data);
  return Response.json(session.data.n ?? 0);
});

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/ping") return new Response("pong");
    if (pathname !== "/store") return count(request);
    delay = Number(searchParams.get("delay"));
    fails = searchParams.has("fails");
    return new Response("set");
  },
};

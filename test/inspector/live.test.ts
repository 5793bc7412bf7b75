import { createServer, get } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createSessions } from "hipflask";
import { inspector } from "hipflask/inspector";
import { TestClient } from "hipflask/testing";
import { listen } from "../support/client.ts";
import { KEY } from "../support/visitor.ts";

test("a page that has gone before it was answered takes no place from others", async () => {
  let waiting: (() => void)[] | undefined;
  const sessions = createSessions({ secretKey: KEY });
  const guard = async () => {
    if (waiting !== undefined) await new Promise<void>((resolve) => waiting!.push(resolve));
    return true;
  };
  const inspect = inspector(sessions, { guard });
  const { origin, close } = await listen(
    createServer((request, response) => inspect.node(request, response)),
  );
  onTestFinished(close);
  const client = new TestClient(origin);
  await client.get("/inspector/state");
  const cookie = `hipflask-inspector=${await client.cookie("hipflask-inspector")}`;

  waiting = [];
  for (let pages = 1; pages <= 10; pages++) {
    const asked = get(`${origin}/inspector/live`, { headers: { cookie }, agent: false });
    asked.on("error", () => undefined);
    await expect.poll(() => waiting!.length).toBe(pages);
    const closed = new Promise((resolve) => asked.once("close", resolve));
    asked.destroy();
    await closed;
  }
  const those = waiting;
  waiting = undefined;
  // The server hears of it in its own time.
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const resume of those) resume();
  const live = await client.get("/inspector/live");
  const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe("retry: 2000\n\n");
  await reader.cancel();
});

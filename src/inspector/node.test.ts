import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { send } from "./node.ts";

const CHUNK = new Uint8Array(1 << 20);
const CHUNKS = 24;

test("who reads slowly gets everything, and nothing piles up meanwhile", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on("warning", note);
  let made = 0;
  const chunks = new ReadableStream({
    pull(controller) {
      if (made === CHUNKS) return controller.close();
      made += 1;
      controller.enqueue(CHUNK);
    },
  });
  const server = createServer(
    (_, response) => void send(new Response(chunks), response, new AbortController().signal),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    socket.pause();
    await delay(300);
    // The sockets' own buffers are full, and no more is made.
    expect(made).toBeLessThan(CHUNKS);
    let size = 0;
    for await (const chunk of socket) size += chunk.length;
    expect(size).toBeGreaterThan(CHUNKS * CHUNK.length);
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", note);
    server.close();
  }
});

/**
 * The load process: for each message it sends requests to one server, for so many milliseconds or until so many are
 * answered. Each connection waits for an answer before it asks again.
 */
import { connect } from "node:net";
import { crowdOf } from "./browsers.mjs";

const CONNECTIONS = 10;

/** Crowds keep their cookies from one message to the next. */
const crowds = new Map();

process.on("message", async ({ crowd, kind, browsers, port, ms, atMost = Infinity }) => {
  if (!crowds.has(crowd)) crowds.set(crowd, crowdOf(kind, browsers));
  try {
    process.send(await drive(crowds.get(crowd), port, ms, atMost));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on("disconnect", () => process.exit());
process.send("ready");

async function drive(crowd, port, ms, atMost) {
  const start = performance.now();
  const total = {
    requests: 0,
    setCookieBytes: 0,
    goOn: () => total.requests < atMost && performance.now() < start + ms,
  };
  const connections = Array.from({ length: CONNECTIONS }, (_, index) => {
    return converse(
      crowd.filter((_browser, i) => i % CONNECTIONS === index),
      port,
      total,
    );
  });
  const awake = stayAwake();
  await Promise.all(connections).finally(() => awake.end());
  const { requests, setCookieBytes } = total;
  return { requests, setCookieBytes, seconds: (performance.now() - start) / 1000 };
}

/**
 * Keeps this process from sleeping until it is told to end. To wake it is work that the kernel does in the server's name, and a quick
 * server, which never lets the load sleep, would pay nothing for it where a slow one pays with each answer.
 */
function stayAwake() {
  let next = setImmediate(function again() {
    next = setImmediate(again);
  });
  return { end: () => clearImmediate(next) };
}

/** Keeps one connection busy: its browsers take turns. */
function converse(browsers, port, total) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true).setEncoding("latin1");
    let turn = 0;
    let received = "";
    socket.on("connect", () => socket.write(browsers[0].request));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed the connection")));
    socket.on("data", (chunk) => {
      received += chunk;
      try {
        const answer = complete(received);
        if (answer === undefined) return;
        received = "";
        browsers[turn % browsers.length].take(answer);
        total.requests++;
        total.setCookieBytes = answer.setCookies.join("").length;
      } catch (error) {
        socket.destroy(error);
        return;
      }
      turn++;
      if (total.goOn()) {
        socket.write(browsers[turn % browsers.length].request);
      } else {
        socket.removeAllListeners("close").destroy();
        resolve();
      }
    });
  });
}

/** The answer in `text`, once all of it is there. */
function complete(text) {
  const split = text.indexOf("\r\n\r\n");
  if (split === -1) return undefined;
  const head = text.slice(0, split + 2);
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
  let body = text.slice(split + 4);
  if (length === undefined) {
    if (!body.endsWith("0\r\n\r\n")) return undefined;
    body = body.slice(body.indexOf("\r\n") + 2, body.lastIndexOf("\r\n0\r\n\r\n"));
  } else if (body.length < Number(length)) {
    return undefined;
  }
  if (!head.startsWith("HTTP/1.1 200 "))
    throw new Error(`the server answered ${head.slice(0, head.indexOf("\r\n"))}`);
  const setCookies = [...head.matchAll(/\r\nset-cookie: *([^\r]*)/gi)].map((match) => match[1]);
  return { setCookies, body };
}

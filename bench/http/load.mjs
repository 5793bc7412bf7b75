/** The load process: for each message it sends requests to one server for a while, each connection waiting for its answers. */
import { connect } from "node:net";

const CONNECTIONS = 10;

/** Per variant its browsers: what each has in its jar, and the count that it saw last. */
const crowds = new Map();

process.on("message", async ({ variant, port, ms, browsers, rises }) => {
  if (!crowds.has(variant)) {
    crowds.set(variant, { crowd: Array.from({ length: browsers }, () => new Browser(rises)), setCookieBytes: 0 });
  }
  const state = crowds.get(variant);
  try {
    process.send(await drive(state, port, ms));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on("disconnect", () => process.exit());

/** A browser's cookie jar: of several cookies of one name the last one stays. */
class Browser {
  #jar = new Map();
  #rises;
  #count = 0;
  /** The request, made anew when a cookie changes. */
  request = requestWith("");

  constructor(rises) {
    this.#rises = rises;
  }

  take(setCookies, body) {
    for (const header of setCookies) {
      const pair = header.split(";", 1)[0];
      this.#jar.set(pair.slice(0, pair.indexOf("=")), pair);
    }
    if (setCookies.length > 0) this.request = requestWith([...this.#jar.values()].join("; "));
    const { count } = JSON.parse(body);
    const expected = this.#rises ? this.#count + 1 : 1;
    if (count !== expected) throw new Error(`the session was not kept: expected a count of ${expected}, got ${count}`);
    this.#count = count;
  }
}

function requestWith(cookie) {
  return `GET /count HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`;
}

async function drive({ crowd }, port, ms) {
  const end = performance.now() + ms;
  const start = performance.now();
  const shares = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) => {
      const mine = crowd.filter((_browser, i) => i % CONNECTIONS === index);
      return mine.length === 0 ? { requests: 0, setCookieBytes: 0 } : converse(mine, port, end);
    }),
  );
  const requests = shares.reduce((sum, share) => sum + share.requests, 0);
  const setCookieBytes = Math.max(...shares.map((share) => share.setCookieBytes));
  return { requests, setCookieBytes, seconds: (performance.now() - start) / 1000 };
}

/** Keeps one connection busy until `end`: its browsers take turns. */
function converse(browsers, port, end) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true).setEncoding("latin1");
    let requests = 0;
    let received = "";
    let setCookieBytes = 0;
    const next = () => browsers[requests % browsers.length];
    socket.on("connect", () => socket.write(next().request));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed the connection")));
    socket.on("data", (chunk) => {
      received += chunk;
      const answer = complete(received);
      if (answer === undefined) return;
      received = "";
      try {
        next().take(answer.setCookies, answer.body);
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      setCookieBytes = answer.setCookies.reduce((sum, header) => sum + header.length, 0);
      requests++;
      if (performance.now() < end) {
        socket.write(next().request);
      } else {
        socket.removeAllListeners("close").destroy();
        resolve({ requests, setCookieBytes });
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
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`the server answered ${head.slice(0, head.indexOf("\r\n"))}`);
  const setCookies = [...head.matchAll(/\r\nset-cookie: *([^\r]*)/gi)].map((match) => match[1]);
  return { setCookies, body };
}

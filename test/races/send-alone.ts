import { connect } from "node:net";
import { text as readText } from "node:stream/consumers";

/** What was answered, and after how many milliseconds. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/**
 * Sends a request on a connection of its own, with a session's cookie. Thousands of them at once must leave the machine's
 * processors to the servers, so it speaks HTTP/1.0, where the end of the answer is that of the connection.
 */
export async function sendAlone(url: string, cookie: string, method = "GET", body = ""): Promise<Reply> {
  const start = performance.now();
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${method} ${pathname} HTTP/1.0\r\nHost: ${hostname}:${port}\r\nCookie: ${cookie}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = await readText(socket);
  const end = answer.indexOf("\r\n\r\n");
  return { status: Number(answer.slice(9, 12)), body: answer.slice(end + 4), ms: performance.now() - start };
}

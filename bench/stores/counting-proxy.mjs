import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Stands between a client and its server, and counts how often the client asks and waits for an answer. */
export class CountingProxy {
  trips = 0;
  url;
  #server = createServer((client) => this.#pass(client));
  #sockets = new Set();
  #target;

  /** A proxy to the server at `url`, if there is one. */
  static async start(url) {
    if (url === undefined) return undefined;
    const proxy = new CountingProxy(url);
    await proxy.#listen();
    return proxy;
  }

  constructor(url) {
    this.#target = new URL(url);
  }

  async #listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const url = new URL(this.#target);
    url.port = String(this.#server.address().port);
    this.url = url.href;
  }

  #pass(client) {
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    let waiting = false;
    client.on("data", () => {
      if (!waiting) this.trips++;
      waiting = true;
    });
    upstream.on("data", () => {
      waiting = false;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket.setNoDelay(true));
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
  }

  stop() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

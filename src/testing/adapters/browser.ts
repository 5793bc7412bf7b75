import type { Reply, Send } from "./send.ts";

/** Sends back what it was given last under each name, as a browser does on one host. */
export class Browser {
  readonly #send: Send;
  readonly #cookies = new Map<string, string>();

  constructor(send: Send) {
    this.#send = send;
  }

  get(path: string): Promise<Reply> {
    return this.ask("GET", path);
  }

  async ask(method: string, path: string): Promise<Reply> {
    const cookie = Array.from(this.#cookies, (pair) => pair.join("=")).join("; ");
    const reply = await this.#send(path, { method, headers: cookie === "" ? [] : [["cookie", cookie]] });
    for (const header of reply.setCookies) {
      const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(header) ?? [];
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return reply;
  }
}

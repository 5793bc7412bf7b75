import { Agent, request as httpRequest } from "node:http";
import { once } from "node:events";
import { text as readText } from "node:stream/consumers";

/** Clients that keep their connections open and know a session's cookie. */
export class Crowd {
  readonly #agent: Agent;
  readonly #cookie: string;

  constructor(cookie: string, connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#cookie = cookie;
  }

  async send(
    url: string,
    method = "GET",
    body?: string,
  ): Promise<{ status: number; body: string; ms: number }> {
    const start = performance.now();
    const sent = httpRequest(url, { method, agent: this.#agent, headers: { cookie: this.#cookie } });
    sent.end(body);
    const [response] = await once(sent, "response");
    return { status: response.statusCode, body: await readText(response), ms: performance.now() - start };
  }

  close(): void {
    this.#agent.destroy();
  }
}

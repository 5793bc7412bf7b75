import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "./certificate.ts";

/** All names under which this machine is two sites and their subdomains. */
export const HOSTS = ["a.test", "sub.a.test", "b.test", "localhost", "127.0.0.1"];

/**
 * One server for all names, over http and https. A URL is made with the cookies that its answer sets; the cookies that
 * came with it are written down.
 */
export class SiteServer {
  readonly #servers: readonly Server[];
  readonly #answers = new Map<string, readonly string[]>();
  readonly #seen = new Map<string, string>();

  private constructor() {
    const answer: RequestListener = (request, response) => {
      const word = new URL(request.url!, "http://localhost").search.slice(1);
      this.#seen.set(word, request.headers.cookie ?? "");
      const body = "<!doctype html><title>A page</title>";
      const lines = (this.#answers.get(word) ?? []).map((header) => `Set-Cookie: ${header}\r\n`);
      // Past Node, which refuses some of these headers.
      response.socket!.end(
        `HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n${lines.join("")}\r\n${body}`,
        "latin1",
      );
    };
    const plain = createHttpServer(answer);
    const encrypted = createHttpsServer(selfSigned(HOSTS), answer);
    this.#servers = [plain, encrypted];
  }

  static async start(): Promise<SiteServer> {
    const site = new SiteServer();
    for (const server of site.#servers) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    return site;
  }

  /** A URL as a test writes it, `https://a.test/path`, with the port and a word by which the server knows it. */
  url(address: string, word = "", set: readonly string[] = []): string {
    const url = new URL(address);
    url.port = String((this.#servers[url.protocol === "https:" ? 1 : 0]!.address() as AddressInfo).port);
    url.search = word;
    this.#answers.set(word, set);
    return url.href;
  }

  /** The Cookie header of the request that went out with this word; undefined where none came. */
  seen(word: string): string | undefined {
    return this.#seen.get(word);
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { cli } from "../support/cli.ts";
import { selfSigned } from "../browser/certificate.ts";
import type { Fault } from "../../src/cli/doctor/fault.ts";

export interface Site {
  readonly answer: RequestListener;
  /** What plain http answers. Default: a redirect to https. */
  readonly plain?: RequestListener;
}

/** Sites, each with a name of its own, on one server for http and one for https. */
export class Sites {
  readonly #servers: readonly Server[];

  private constructor(sites: ReadonlyMap<string, Site>) {
    const pick = (host: string | undefined) => sites.get(host ?? "")!;
    const plain = createHttpServer((request, response) => {
      const { plain: answer = toHttps } = pick(request.headers.host);
      answer(request, response);
    });
    const encrypted = createHttpsServer(selfSigned([...sites.keys()]), (request, response) =>
      pick(request.headers.host).answer(request, response),
    );
    this.#servers = [plain, encrypted];
  }

  static async start(sites: ReadonlyMap<string, Site>): Promise<Sites> {
    const started = new Sites(sites);
    for (const server of started.#servers) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    return started;
  }

  /** The port for https. */
  get port(): number {
    return (this.#servers[1]!.address() as AddressInfo).port;
  }

  /** Calls the doctor. Every host of the URL's site is found here. */
  async doctor(url: string): Promise<{ code: number; err: string; faults: Fault[] }> {
    const [plain, encrypted] = this.#servers.map((server) => (server.address() as AddressInfo).port);
    const { hostname } = new URL(url);
    const places = [hostname, "elsewhere.test"].flatMap((host) => [
      "--connect-to",
      `${host}:80:127.0.0.1:${plain}`,
      "--connect-to",
      `${host}:443:127.0.0.1:${encrypted}`,
    ]);
    const { code, out, err } = await cli(["doctor", url, "--json", "--insecure", ...places]);
    return { code, err, faults: out === "" ? [] : (JSON.parse(out) as Fault[]) };
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

const toHttps: RequestListener = (request, response) => {
  response.writeHead(301, { Location: `https://${request.headers.host}${request.url}` }).end();
};

/** Answers that set these cookies, and that no cache keeps. */
export function sets(
  cookies: string | readonly string[],
  headers: Readonly<Record<string, string>> = { "Cache-Control": "no-store" },
  status = 200,
): RequestListener {
  const set = [cookies].flat();
  return (request, response) => {
    response
      .writeHead(status, {
        ...headers,
        "Set-Cookie": set.map((cookie) => cookie.replace("HOST", request.headers.host!)),
      })
      .end("<p>A page</p>");
  };
}

/** Sessions as they should be, but for what is said: an unknown visitor gets a new ID, a known one no cookie. */
export function session(name: string, attributes: string, body = "<p>A page</p>"): RequestListener {
  const known = new Set<string>();
  return (request, response) => {
    const id = new RegExp(`(?:^|; )${name}=([^;]*)`).exec(request.headers.cookie ?? "")?.[1];
    response.setHeader("Vary", "Cookie");
    if (id === undefined || !known.has(id)) {
      const made = randomUUID();
      known.add(made);
      response.setHeader("Cache-Control", "no-store");
      response.setHeader(
        "Set-Cookie",
        `${name}=${made}; ${attributes.replace("HOST", request.headers.host!)}`,
      );
    }
    response.end(body);
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CookieJar } from "tough-cookie";

/** Names and values in their order; a name may repeat. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

interface Sending {
  readonly method?: string;
  /** `host` stands for `:authority` over HTTP/2. */
  readonly headers?: HeaderList;
  readonly body?: string;
}

/** One request over one connection of its own. */
export type Send = (path: string, sending?: Sending) => Promise<Reply>;

/** A response as it came, header by header. */
export class Reply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly text: string;

  constructor(status: number, headers: HeaderList, text: string) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** All values of a header, joined; undefined where it is missing. */
  header(name: string): string | undefined {
    const values = this.headers
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(", ");
  }

  /** Each Set-Cookie header. */
  get setCookies(): string[] {
    return this.headers.filter(([key]) => key.toLowerCase() === "set-cookie").map(([, value]) => value);
  }

  /** The values set under a cookie's name. */
  cookies(name: string): string[] {
    const start = `${name}=`;
    return this.setCookies.flatMap((header) =>
      header.startsWith(start) ? header.slice(start.length).split(";", 1) : [],
    );
  }

  json(): any {
    return JSON.parse(this.text);
  }
}

export function overHttp(origin: string): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const fields = fieldsOf(headers.map(([name, value]) => [name.toLowerCase(), value]));
    const request = httpRequest(`${origin}${path}`, { method, agent: false, headers: fields });
    // What goes wrong before the response is thrown below; after it, it is the end of the body.
    request.on("error", () => undefined);
    request.end(body);
    const [response] = await once(request, "response");
    const pairs: [string, string][] = [];
    const raw: string[] = response.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i]!, raw[i + 1]!]);
    return new Reply(response.statusCode, pairs, await readText(response));
  };
}

/** HTTP/2 without TLS. */
export function overHttp2(origin: string): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const session = connect(origin);
    try {
      const renamed = headers.map(
        ([name, value]) => [name.toLowerCase().replace(/^host$/, ":authority"), value] as const,
      );
      const fields = { ":method": method, ":path": path, ...fieldsOf(renamed) };
      const stream = session.request(fields, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      const [answer] = await once(stream, "response");
      const pairs = Object.entries(answer as Record<string, string | string[]>).flatMap(([name, value]) =>
        name.startsWith(":") ? [] : [value].flat().map((one): [string, string] => [name, one]),
      );
      return new Reply(answer[":status"], pairs, await readText(stream));
    } finally {
      session.close();
    }
  };
}

/** A name that repeats has a list of values. */
function fieldsOf(headers: HeaderList): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers)
    fields[name] = fields[name] === undefined ? value : [fields[name], value].flat();
  return fields;
}

/** No network at all: a handler of the Fetch API's kind. */
export function overFetch(
  handler: (request: Request) => Response | Promise<Response>,
  origin = "http://127.0.0.1",
): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const list = headers.map(([name, value]): [string, string] => [name, value]);
    const host = list.find(([name]) => name.toLowerCase() === "host")?.[1];
    const url = `${host === undefined ? origin : `http://${host}`}${path}`;
    const response = await handler(
      new Request(url, { method, headers: list, ...(body === undefined ? {} : { body }) }),
    );
    return new Reply(response.status, [...response.headers], method === "HEAD" ? "" : await response.text());
  };
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export interface Asking {
  readonly headers?: HeaderList;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** A browser, as far as cookies go: it keeps what it is given and sends it back where it belongs. */
export class Client {
  readonly jar = new CookieJar();
  readonly #send: Send;
  readonly #origin: string;

  constructor(send: Send, origin = "http://127.0.0.1") {
    this.#send = send;
    this.#origin = origin;
  }

  get(path: string, asking?: Asking): Promise<Reply> {
    return this.ask("GET", path, asking);
  }

  post(path: string, json?: unknown): Promise<Reply> {
    return this.ask("POST", path, { json });
  }

  async ask(method: string, path: string, { headers = [], json }: Asking = {}): Promise<Reply> {
    const url = new URL(path, this.#origin).href;
    const cookie = await this.jar.getCookieString(url);
    const reply = await this.#send(path, {
      method,
      headers: cookie === "" ? headers : [...headers, ["cookie", cookie]],
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    for (const header of reply.setCookies) await this.jar.setCookie(header, url);
    return reply;
  }

  /** What the browser would send under a cookie's name. */
  async cookie(name: string): Promise<string | undefined> {
    const cookies = await this.jar.getCookies(this.#origin);
    return cookies.find((cookie) => cookie.key === name)?.value;
  }
}

/** Lets a server listen on a free port of this machine. */
export async function listen(server: Server): Promise<{ readonly origin: string; close(): void }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      if ("closeAllConnections" in server) (server.closeAllConnections as () => void)();
    },
  };
}

export interface RunningApp {
  readonly origin: string;
  /** All that it has printed so far, on both streams. */
  output(): string;
  /** Ends it with SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

/**
 * The conformance app as a process of its own, once it listens.
 *
 * @param env added to this process's environment
 * @throws Error with what it printed, when it ends before it listens
 */
export async function startApp(
  env: Readonly<Record<string, string>>,
  runtime?: Runtime,
): Promise<RunningApp> {
  const child = spawnApp(env, runtime);
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const line = await Promise.race([once(createInterface(child.stdout!), "line"), exit]);
  const origin = Array.isArray(line)
    ? /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line[0])?.[1]
    : undefined;
  if (origin === undefined) throw new Error(`The app did not start: ${output}`);
  return {
    origin,
    output: () => output,
    stop() {
      child.kill("SIGTERM");
      return exit;
    },
  };
}

/** What runs TypeScript. */
export interface Runtime {
  readonly name: string;
  /** Whether the application has neither files nor streams to print to. Default: false. */
  readonly isIsolated?: boolean;
  /** A program and its arguments, which a file's path follows. */
  readonly command: readonly [program: string, ...args: string[]];
}

/** Node with tsx, as the tests run. */
export function onNode(name: string, program: string): Runtime {
  return { name, command: [program, "--conditions=@hipflask/source", "--import", "tsx"] };
}

/** Starts the conformance app and waits for nothing. */
export function spawnApp(
  env: Readonly<Record<string, string>>,
  runtime: Runtime = onNode("this Node", process.execPath),
): ChildProcess {
  const main = fileURLToPath(new URL("../app/main.ts", import.meta.url));
  const [program, ...args] = runtime.command;
  return spawn(program, [...args, main], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CookieJar } from "tough-cookie";
import type { HeaderList, Reply, Send } from "../../src/testing/adapters/send.ts";

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

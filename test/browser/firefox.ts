import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SameSite } from "hipflask/cookie";
import { HOSTS } from "./site-server.ts";
import type { NamedKey, RealBrowser, ShownCookie } from "./real-browser.ts";
import { TextSocket } from "./web-socket.ts";

const PREFERENCES: Readonly<Record<string, unknown>> = {
  "network.dns.localDomains": HOSTS.filter((host) => host.endsWith(".test")).join(","),
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

/** @see WebDriver section 17.4.2 */
const KEYS: Readonly<Record<NamedKey, string>> = { Tab: "\uE004", Enter: "\uE007", ArrowRight: "\uE014" };

/**
 * Runs a program until the pipe to it is closed, also by the end of the process that held it, and removes its folder, into which
 * the program's own processes write until they notice.
 */
const KEEPER = `folder=$1; shift; "$@" & program=$!; read -r _; kill -9 $program; wait $program; while rm -rf "$folder"; sleep 0.3; [ -e "$folder" ]; do :; done`;

/**
 * Drives Firefox by WebDriver BiDi, without any program between.
 *
 * @param preferences beside those with which it asks nobody but the tests' own servers
 */
export async function startFirefox(
  preferences: Readonly<Record<string, unknown>> = {},
): Promise<RealBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "hipflask-firefox-"));
  const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const firefox = ["/usr/bin/firefox-esr", "--headless", "--no-remote", "--remote-debugging-port", "0"];
  const keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", profile, ...firefox, "--profile", profile], {
    env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: "1" },
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
  const close = async () => {
    const ended = once(keeper, "exit");
    keeper.stdin.end();
    await ended;
  };
  try {
    return await connect(await addressOf(keeper), close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Firefox writes on which port it listens. */
function addressOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`Firefox did not start:\n${output}`)), 90_000);
    stderr!.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

async function connect(address: string, close: () => Promise<void>): Promise<RealBrowser> {
  const bidi = await Bidi.open(`${address}/session`);
  await bidi.ask("session.new", {
    capabilities: { alwaysMatch: { acceptInsecureCerts: true } },
  });
  const { context } = await bidi.ask("browsingContext.create", { type: "tab" });
  const evaluate = async (body: string): Promise<unknown> => {
    const answer = await bidi.ask("script.evaluate", {
      expression: `(async () => JSON.stringify(await (async () => { ${body} })()))()`,
      target: { context },
      awaitPromise: true,
    });
    if (answer.type !== "success") throw new Error(answer.exceptionDetails.text);
    return answer.result.type === "string" ? JSON.parse(answer.result.value) : undefined;
  };
  return {
    visit: async (url) =>
      void (await bidi.ask("browsingContext.navigate", { context, url, wait: "complete" })),
    run: evaluate,
    runAndLeave: async (body, url) => {
      await bidi.ask("script.evaluate", {
        expression: `void (() => { ${body} })()`,
        target: { context },
        awaitPromise: false,
      });
      await arrival(url, evaluate);
    },
    press: async (key) => {
      const value = KEYS[key as NamedKey] ?? key;
      const actions = ["keyDown", "keyUp"].map((type) => ({ type, value }));
      await bidi.ask("input.performActions", {
        context,
        actions: [{ type: "key", id: "keyboard", actions }],
      });
    },
    resize: async (width, height) =>
      void (await bidi.ask("browsingContext.setViewport", { context, viewport: { width, height } })),
    cookies: async () => (await bidi.ask("storage.getCookies", {})).cookies.map(shown),
    clear: async () => void (await bidi.ask("storage.deleteCookies", {})),
    close: async () => {
      bidi.close();
      await close();
    },
  };
}

/** When the window is there; on the way there is no page that could answer. */
async function arrival(url: string, evaluate: (body: string) => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (
    (await evaluate("return document.readyState + location.href").catch(() => "")) !== `complete${url}`
  ) {
    if (Date.now() > deadline) throw new Error(`Firefox did not come to ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function shown({ sameSite, expiry, value, ...cookie }: any): ShownCookie {
  return {
    ...cookie,
    value: value.value,
    sameSite: sameSite === "default" ? undefined : (sameSite as SameSite),
    expires: expiry,
  };
}

/** Questions and answers; events are ignored. */
class Bidi {
  readonly #waiting = new Map<number, { resolve: (answer: any) => void; reject: (error: Error) => void }>();
  #socket!: TextSocket;
  #lastId = 0;

  static async open(url: string): Promise<Bidi> {
    const bidi = new Bidi();
    const receive = (text: string) => bidi.#receive(JSON.parse(text));
    bidi.#socket = await TextSocket.open(url, receive, () => bidi.#end());
    return bidi;
  }

  ask(method: string, params: object): Promise<any> {
    const id = (this.#lastId += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close(): void {
    this.#socket.close();
  }

  #end(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error("Firefox is gone."));
  }

  #receive({ id, type, result, error, message }: any): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === "success") waiting?.resolve(result);
    else waiting?.reject(new Error(`${error}: ${message}`));
  }
}

import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judgeSending, judgeSetCookie, type KeptCookie } from "../../src/browser/index.ts";
import { fill, serveAdmin, setUpAdmin } from "./admin-sessions.ts";

const HEADERS = { Authorization: "Basic YWRtaW46b3Blbg==" };

/** Hands on what is below a prefix, without it, as nginx does with `location /shop/ { proxy_pass http://application/; }`. */
async function serveBelow(prefix: string, target: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { url = "", method, headers } = request;
    if (!url.startsWith(`${prefix}/`)) return void response.writeHead(404).end();
    const handed = ask(target + url.slice(prefix.length), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(handed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Form {
  readonly method: string;
  readonly action: URL;
  readonly fields: URLSearchParams;
  readonly text: string;
}

interface Shown {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  /** Where it leads, and what it loads. */
  readonly links: readonly URL[];
  readonly forms: readonly Form[];
}

/** What a browser makes of cookies, addresses and forms. */
class Browser {
  #jar: KeptCookie[] = [];

  /** Opens a page, and goes where it is sent. */
  async open(url: URL, init: RequestInit = {}): Promise<Shown> {
    const cookies = this.#jar.filter((cookie) => judgeSending(cookie, { url }).sentBy.includes("chromium"));
    const Cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const headers = { ...HEADERS, Cookie, ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const header of response.headers.getSetCookie()) {
      const { cookie } = judgeSetCookie(header, { url });
      if (cookie !== undefined) this.#jar.push(cookie);
    }
    const location = response.headers.get("Location");
    if (location !== null) return this.open(new URL(location, url));
    const text = await response.text();
    const addresses = [...text.matchAll(/ href="([^"]*)"/g)].map(([, href]) => new URL(plain(href!), url));
    const links = addresses.filter(({ protocol, hash }) => protocol === "http:" && hash === "");
    return { url, status: response.status, text, links, forms: [...formsOf(text, url)] };
  }

  submit({ action, fields }: Form): Promise<Shown> {
    const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: action.origin };
    return this.open(action, { method: "POST", headers, body: fields.toString() });
  }
}

function* formsOf(text: string, url: URL): Generator<Form> {
  for (const [, method, action, inner] of text.matchAll(
    /<form method="(\w+)" action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g,
  )) {
    const inputs = [...inner!.matchAll(/name="([^"]*)" value="([^"]*)"/g)];
    const fields = new URLSearchParams(inputs.map(([, name, value]) => [name!, plain(value!)]));
    yield { method: method!, action: new URL(plain(action!), url), fields, text: inner! };
  }
}

function plain(text: string): string {
  return text.replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

let setting: ReturnType<typeof setUpAdmin>;
let application: Awaited<ReturnType<typeof serveAdmin>>;
beforeEach(async () => {
  setting = setUpAdmin();
  application = await serveAdmin(setting);
});
afterEach(() => application.close());

const ADA = "?user=ada%40example.com";
const PREFIXES = ["", "/shop", "/shop/back-office"];

async function below(prefix: string, work: (url: string, browser: Browser) => Promise<void>): Promise<void> {
  const server = await serveBelow(prefix, application.url);
  try {
    await work(`${server.url}/admin/sessions`, new Browser());
  } finally {
    server.close();
  }
}

test.each(PREFIXES)("every link leads to a page below the prefix %j", (prefix) =>
  below(prefix, async (url, browser) => {
    await fill(setting, 60);
    const seen = new Set<string>();
    const open = [url, `${url}/`, `${url}/health/`, `${url}/everybody`, `${url}/${ADA}`];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const { status, links, forms } = await browser.open(new URL(next));
      expect([next, status]).toEqual([next, 200]);
      open.push(...links.map(String));
      for (const { method, action, fields } of forms)
        if (method === "get") open.push(`${action}${ADA}&${fields}`);
    }
    const places = new Set([...seen].map((address) => address.replace(/[?].*/, "").slice(url.length)));
    expect(places).toEqual(new Set(["", "/", "/health", "/health/", "/everybody", "/style.css"]));
    expect([...seen].some((address) => address.startsWith(`${url}?after=`))).toBe(true);
    expect(seen).toContain(`${url}?user=grace%40example.com`);
  }),
);

test.each(PREFIXES)("every form does what it says below the prefix %j, and leads back", (prefix) =>
  below(prefix, async (url, browser) => {
    await fill(setting, 60);
    for (const [place, button, location, sentence] of [
      [ADA, "<button>End<", `${ADA}&done=one`, "The session was ended."],
      [ADA, "End all of them", `${ADA}&done=user&count=7`, "7 sessions of this user ended."],
      ["", "<button>End<", "?done=one", "The session was ended."],
      ["/", "<button>End<", "?done=one", "The session was ended."],
      ["/health", "Count now", "/health?done=count", "How many"],
      ["/health/", "Count now", "/health?done=count", "How many"],
      ["/everybody", "End all sessions", "?done=all&count=50", "50 sessions ended."],
    ] as const) {
      const look = async () =>
        (await browser.open(new URL(url + place))).forms.find(({ text }) => text.includes(button));
      // While somebody counts, nobody else can begin to.
      await expect.poll(look).toBeDefined();
      const form = (await look())!;
      form.fields.set("sure", "yes");
      const shown = await browser.submit(form);
      expect([place, shown.url.href, shown.status]).toEqual([place, url + location, 200]);
      expect(shown.text).toContain(sentence);
    }
  }),
);

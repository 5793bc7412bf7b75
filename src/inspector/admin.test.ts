import { afterEach, describe, expect, test } from "vitest";
import { fill, HOSTILE, setUpAdmin } from "../../test/inspector/admin-sessions.ts";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { faultyStore } from "../../test/support/faulty-store.ts";
import { KEY, Visitor } from "../../test/support/visitor.ts";
import { ConfigError, createSessions, type SessionStore } from "../index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { sessionsAdmin } from "./admin.ts";

const PASS = { Authorization: "Basic YWRtaW46b3Blbg==" };
const ORIGIN = "https://shop.example";

type Setting = ReturnType<typeof setUpAdmin>;

/** An administrator's browser, without a window. */
class Administrator {
  readonly #admin: Setting["admin"];
  #cookie = "";

  constructor({ admin }: Setting) {
    this.#admin = admin;
  }

  async get(place: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(new Request(urlOf(place), { headers: { ...PASS, ...headers } }));
  }

  async text(place: string): Promise<string> {
    return (await this.get(place)).text();
  }

  /** Sends the form of a page whose fields and action are like this. */
  async submit(
    place: string,
    form: RegExp,
    { change = {}, headers = {} }: { change?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const page = await this.text(place);
    const found = [...page.matchAll(/<form method="post" action="([^"]*)">([\s\S]*?)<\/form>/g)].find(
      (match) => form.test(match[0]),
    );
    if (found === undefined) throw new Error(`No form like ${form} on ${place}`);
    const fields = [...found[2]!.matchAll(/name="([^"]*)" value="([^"]*)"/g)];
    const body = new URLSearchParams(fields.map(([, name, value]) => [name!, unescaped(value!)]));
    for (const [name, value] of Object.entries(change)) body.set(name, value);
    return this.post(new URL(unescaped(found[1]!), urlOf(place)).href, body, headers);
  }

  async post(url: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const given = {
      ...PASS,
      Origin: ORIGIN,
      Host: "shop.example",
      "Sec-Fetch-Site": "same-origin",
      ...headers,
    };
    return this.#send(new Request(url, { method: "POST", body, headers: given }));
  }

  async #send(request: Request): Promise<Response> {
    if (this.#cookie !== "") request.headers.set("Cookie", this.#cookie);
    const response = await this.#admin.fetch(request);
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(";")[0]!;
    return response;
  }
}

const urlOf = (place: string): string => `${ORIGIN}/admin/sessions${place}`;

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

const alive = async ({ sessions }: Setting, visitors: Visitor<any>[]) =>
  Promise.all(
    visitors.map(async ({ cookie }) => {
      const session = await sessions.open({ cookie, host: "example.com", encrypted: true }).session();
      return session.id !== undefined;
    }),
  );

const node = process.env.NODE_ENV;
afterEach(() => {
  process.env.NODE_ENV = node;
});

describe("whoever asks", () => {
  test.each(["development", "production"])("must pass a guard, which must be there in %s", async (mode) => {
    process.env.NODE_ENV = mode;
    const { sessions } = setUpAdmin();
    for (const options of [undefined, {}, { guard: undefined }, { guard: true }])
      expect(() => sessionsAdmin(sessions, options as never)).toThrow(ConfigError);
  });

  test("is refused before anything is done where the guard does not say true", async () => {
    const { sessions, store } = setUpAdmin();
    const calls: string[] = [];
    for (const says of [false, undefined, 1, "yes"]) {
      const admin = sessionsAdmin(sessions, { guard: async () => says as boolean });
      for (const place of ["", "/", "/health", "/style.css", "/everybody", "/nothing"])
        calls.push(String((await admin.fetch(new Request(`${ORIGIN}/admin/sessions${place}`))).status));
      const asked = { method: "POST", body: "do=end-all&sure=yes" };
      calls.push(String((await admin.fetch(new Request(urlOf(""), asked))).status));
    }
    expect(new Set(calls)).toEqual(new Set(["403"]));
    expect((await store.list!(undefined, 10, new Date())).records).toEqual([]);
  });

  test("is shown nothing where the guard fails, and told so where it cannot know", async () => {
    const store = faultyStore(new MemoryStore(), async () => {
      throw new Error("no connection");
    });
    const { sessions } = setUpAdmin(store);
    const failing = sessionsAdmin(sessions, { guard: () => Promise.reject(new Error("a fault")) });
    await expect(failing.fetch(new Request(`${ORIGIN}/admin/sessions`))).rejects.toThrow("a fault");
    const asking = sessionsAdmin(sessions, {
      guard: async (request) => (await sessions.fromRequest(request)).user === "admin",
    });
    const headers = { Cookie: `__Host-session=${"x".repeat(43)}` };
    const answer = await asking.fetch(new Request(`${ORIGIN}/admin/sessions`, { headers }));
    expect([answer.status, await answer.text()]).toEqual([
      503,
      "The store does not answer, so nobody knows whether you may look.",
    ]);
  });

  test("on another path gets nothing", async () => {
    const { admin, sessions } = setUpAdmin();
    for (const path of ["/", "/admin", "/admin/sessionsx", "/x/admin/sessions"])
      expect((await admin.fetch(new Request(ORIGIN + path, { headers: PASS }))).status).toBe(404);
    for (const path of ["", "admin", "/admin/", "/a b", "/a?b"])
      expect(() => sessionsAdmin(sessions, { guard: () => true, path })).toThrow(ConfigError);
  });

  test("gets pages that may load and send nothing elsewhere, and that no cache keeps", async () => {
    const response = await new Administrator(setUpAdmin()).get("/");
    expect(response.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none';/);
    expect(response.headers.get("Content-Security-Policy")).not.toMatch(/unsafe|script-src/);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("X-Frame-Options")).toBe("DENY");
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-hipflask-admin=[\w-]{43}; .*HttpOnly.*SameSite=Strict/),
    ]);
    expect(await response.text()).not.toMatch(/<script|\son\w+=|style=/);
  });

  test.each([
    ["http", "shop.example", /^__Host-hipflask-admin=[\w-]{43}; Secure; HttpOnly; Path=\/; SameSite=Strict$/],
    ["https", "localhost", /^__Host-hipflask-admin=[\w-]{43}; Secure; HttpOnly; Path=\/; SameSite=Strict$/],
    ["http", "localhost:3000", /^hipflask-admin=[\w-]{43}; HttpOnly; Path=\/; SameSite=Strict$/],
  ])("gets a cookie for the forms over %s from %s as the session's own", async (scheme, host, cookie) => {
    const { admin } = setUpAdmin();
    // Where a proxy speaks https with the browser, the server sees http.
    const url = `${scheme}://${host}/admin/sessions`;
    const open = (Cookie = "") => admin.fetch(new Request(url, { headers: { ...PASS, Host: host, Cookie } }));
    const [set] = (await open()).headers.getSetCookie();
    expect(set).toMatch(cookie);
    expect((await open(set!.split(";")[0])).headers.getSetCookie()).toEqual([]);
  });
});

describe("the list", () => {
  test("shows each session once, page by page, without data and without what opens one", async () => {
    const setting = setUpAdmin();
    const visitors = await fill(setting, 130);
    const administrator = new Administrator(setting);
    const shown = new Set<string>();
    let pages = 0;
    for (let place: string | undefined = "/"; place !== undefined; pages++) {
      const page = await administrator.text(place);
      for (const [, handle] of page.matchAll(/name="handle" value="([^"]+)"/g)) shown.add(handle!);
      expect(page).not.toContain("private");
      for (const { cookie } of visitors) expect(page).not.toContain(cookie.split("=")[1]!.slice(0, 43));
      const next = /href="[^"]*sessions(\?[^"]*)" rel="next"/.exec(page)?.[1];
      place = next && unescaped(next);
    }
    expect(pages).toBe(3);
    expect(shown.size).toBe(130);
  });

  test("shows names as text, whatever is in them", async () => {
    const setting = setUpAdmin();
    await fill(setting, HOSTILE.length);
    const administrator = new Administrator(setting);
    // Half a character is none, and yet no reason to show nothing.
    await new Visitor(setting.sessions).visit((session) => session.regenerate({ user: "\uD800\r\n" }));
    const pages = [await administrator.text("/")];
    for (const user of HOSTILE) pages.push(await administrator.text(`/?user=${encodeURIComponent(user)}`));
    for (const page of pages) {
      expect(page).not.toMatch(/<script|<img|<b>|<h1>taken|\son\w+='|href="javascript/);
      expect(page).toMatch(/&(?:lt|#39|amp);|javascript/);
    }
    const query = '?done=one&count=<script>&after="><script>&user=';
    expect(await administrator.text(`/${query}`)).not.toContain("<script");
    expect(await administrator.text(`/${encodeURI(query)}`)).not.toContain("<script");
  });

  test("lets no name change the direction of what stands after it", async () => {
    const setting = setUpAdmin();
    const administrator = new Administrator(setting);
    for (const name of ["\u202Emoc.elpmaxe@live", "👩‍💻 مدير"]) {
      const device = `${name}'s`;
      await new Visitor(setting.sessions).visit((session) => session.regenerate({ user: name, device }));
      const own = await administrator.text(`/?user=${encodeURIComponent(name)}`);
      expect(own).toContain(`1 session of <bdi>${name}</bdi>`);
      const all = await administrator.text("/");
      expect(all).toMatch(new RegExp(`<a href="[^"]+"><bdi>${name}</bdi></a>`));
      expect(all).toContain(`<bdi>${name}&#39;s</bdi>`);
    }
  });

  test("goes on from any place that an address may say", async () => {
    const administrator = new Administrator(setUpAdmin());
    for (const after of ["", "x", "%00", "'", "9".repeat(100)])
      expect((await administrator.get(`/?after=${after}`)).status).toBe(200);
  });
});

describe("what an administrator ends", () => {
  test("is one session, and no other", async () => {
    const setting = setUpAdmin();
    const visitors = await fill(setting, 12);
    const administrator = new Administrator(setting);
    const { id } = await setting.sessions
      .open({ cookie: visitors[3]!.cookie, host: "example.com", encrypted: true })
      .session();
    const response = await administrator.submit("/", new RegExp(`, ${id!.slice(0, 8)}<`));
    expect(response.status).toBe(303);
    expect(response.headers.get("Location")).toBe("?done=one");
    expect(await alive(setting, visitors)).toEqual(visitors.map((_, index) => index !== 3));
    expect(await administrator.text("?done=one")).toContain("The session was ended.");
  });

  test("is every session of a user, found from the user's own page", async () => {
    const setting = setUpAdmin();
    const visitors = await fill(setting, 30);
    const administrator = new Administrator(setting);
    const response = await administrator.submit("/?user=ada%40example.com", /End all of them/);
    expect(response.headers.get("Location")).toBe("?user=ada%40example.com&done=user&count=4");
    expect((await alive(setting, visitors)).filter((lives) => !lives)).toHaveLength(4);
    expect(await setting.sessions.forUser("ada@example.com").list()).toEqual([]);
  });

  test("is a remembered login of a user who has no session now", async () => {
    const setting = setUpAdmin();
    const { auth } = testLogin(setting.sessions, { remember: { store: new MemoryStore() } });
    const browser = new LoginBrowser(setting.sessions);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    setting.clock.move(3600);
    const administrator = new Administrator(setting);
    await administrator.submit("/?user=ada", /End remembered logins/);
    browser.restart();
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("is everybody's, when the question was answered", async () => {
    const setting = setUpAdmin();
    const visitors = await fill(setting, 10);
    const administrator = new Administrator(setting);
    expect((await administrator.submit("/everybody", /sure/, { change: { sure: "" } })).status).toBe(400);
    expect(await alive(setting, visitors)).not.toContain(false);
    const response = await administrator.submit("/everybody", /sure/, { change: { sure: "yes" } });
    expect(response.headers.get("Location")).toBe("?done=all&count=10");
    expect(await alive(setting, visitors)).not.toContain(true);
  });

  test("may be ended by two at once, and the one who came second is told so", async () => {
    const setting = setUpAdmin();
    await fill(setting, 8);
    const two = [new Administrator(setting), new Administrator(setting)];
    const answers = await Promise.all(two.map((one) => one.submit("/?user=ada%40example.com", />End</)));
    expect(answers.map(({ headers }) => headers.get("Location")).toSorted()).toEqual([
      "?user=ada%40example.com&done=none",
      "?user=ada%40example.com&done=one",
    ]);
    const page = await two[0]!.text("?user=ada%40example.com&done=none");
    expect(page).toContain("There was no such session any more.");
    expect(page).toContain("This user is not logged in anywhere");
  });

  test("was sent by a form of these pages in this browser, and by nothing else", async () => {
    const setting = setUpAdmin();
    const visitors = await fill(setting, 8);
    const administrator = new Administrator(setting);
    const sure = { sure: "yes" };
    const refused = [
      await administrator.submit("/everybody", /sure/, {
        change: sure,
        headers: { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
      }),
      await administrator.submit("/everybody", /sure/, {
        change: sure,
        headers: { "Sec-Fetch-Site": "same-site" },
      }),
      await administrator.submit("/everybody", /sure/, { change: { ...sure, token: "" } }),
      await administrator.submit("/everybody", /sure/, { change: { ...sure, token: "x".repeat(43) } }),
      await administrator.post(urlOf(""), "do=end-all&sure=yes"),
      await new Administrator(setting).post(urlOf(""), "do=end-all&sure=yes"),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    const other = new Administrator(setting);
    const token = /name="token" value="([^"]+)"/.exec(await other.text("/everybody"))![1]!;
    expect((await administrator.post(urlOf(""), `do=end-all&sure=yes&token=${token}`)).status).toBe(403);
    expect(await alive(setting, visitors)).not.toContain(false);
    const json = JSON.stringify({ do: "end-all", sure: "yes", token });
    expect((await other.post(urlOf(""), json)).status).toBe(303);
  });

  test("must be said", async () => {
    const administrator = new Administrator(setUpAdmin());
    const token = /name="token" value="([^"]+)"/.exec(await administrator.text("/everybody"))![1]!;
    const statusOf = async (place: string, fields: string) =>
      (await administrator.post(urlOf(place), `${fields}&token=${token}`)).status;
    for (const [place, fields] of [
      ["", "do=end"],
      ["?handle=x", "do=end"],
      ["", "do=end-user"],
    ] as const)
      expect(await statusOf(place, fields)).toBe(400);
    for (const [place, fields] of [
      ["", ""],
      ["", "do=other"],
      ["", "do=count"],
      ["/health", "do=end-all&sure=yes"],
      ["/other", "do=end-all&sure=yes"],
    ] as const)
      expect(await statusOf(place, fields)).toBe(404);
    const handle = "x".repeat(43);
    const gone = await administrator.post(urlOf(""), `do=end&handle=${handle}&token=${token}`);
    expect(gone.headers.get("Location")).toBe("?done=none");
  });
});

describe("the health", () => {
  test("counts all sessions, by users and by the age of their keys", async () => {
    const setting = setUpAdmin();
    await fill(setting, 40);
    const administrator = new Administrator(setting);
    expect(await administrator.text("/health")).toContain("Nobody has counted yet");
    expect((await administrator.submit("/health", /Count now/)).headers.get("Location")).toBe("?done=count");
    await expect.poll(() => administrator.text("/health")).toMatch(/Counts of all sessions/);
    const text = (await administrator.text("/health")).replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    expect(text).toContain("sessions of users of visitors took just now 40 26 14");
    expect(text).toContain("the newest 30 the one before 10");
  });

  test("tells of a store that fails, is down and works again, and of what came with an old key", async () => {
    let fails = false;
    const store = faultyStore(new MemoryStore(), async (_, proceed) => {
      if (fails) throw new Error("no connection");
      return proceed();
    });
    const setting = setUpAdmin(store);
    const [visitor] = await fill(setting, 8);
    const administrator = new Administrator(setting);
    expect(await administrator.text("/health")).toContain("No operation has failed");
    await visitor!.visit(({ data }) => data);
    expect(await administrator.text("/health")).toMatch(
      /1 time a session came that was made with a fallback key/,
    );
    fails = true;
    for (let tries = 0; tries < 5; tries++) expect((await administrator.get("/")).status).toBe(503);
    const page = await administrator.text("/health");
    expect(page).toMatch(/>down</);
    expect(page).toContain("5 operations failed or took too long");
    expect(page).toContain("Failures of the store: 5 in the last hour");
    expect((await administrator.submit("/everybody", /sure/, { change: { sure: "yes" } })).status).toBe(503);
    await administrator.submit("/health", /Count now/);
    await expect.poll(() => administrator.text("/health")).toContain("The count came to nothing");
    fails = false;
    await expect.poll(async () => (await administrator.get("/")).status, { timeout: 5000 }).toBe(200);
    expect(await administrator.text("/health")).toMatch(/>works</);
  });

  test("takes no more room however long it is kept", async () => {
    const setting = setUpAdmin();
    const administrator = new Administrator(setting);
    for (let minute = 0; minute < 200; minute++) {
      await new Visitor(setting.sessions).visit((session: any) => (session.data.a = 1));
      setting.clock.move(60);
    }
    const page = await administrator.text("/health");
    expect(page).toContain("Sessions that began: 59 in the last hour, at most 1 time in a minute");
    expect(page.match(/<rect/g)).toHaveLength(59);
  });
});

describe("where there is no list of all sessions", () => {
  test("a user's can be looked up all the same", async () => {
    const store: SessionStore = Object.assign(new MemoryStore(), { list: undefined });
    const setting = setUpAdmin(store);
    await fill(setting, 8);
    const administrator = new Administrator(setting);
    const page = await administrator.text("/");
    expect(page).toContain("This store cannot list all sessions");
    expect(page).toContain("Look up");
    expect(await administrator.text("/?user=ada%40example.com")).toContain(
      "1 session of <bdi>ada@example.com</bdi>",
    );
    expect((await administrator.get("/health")).status).toBe(200);
  });

  test("because they are in cookies, the pages say so", async () => {
    const sessions = createSessions({ secretKey: KEY });
    const admin = sessionsAdmin(sessions, { guard: () => true });
    const get = (place: string) => admin.fetch(new Request(`${ORIGIN}/admin/sessions${place}`));
    expect(await (await get("/")).text()).toContain("Sessions in cookies are known to browsers alone");
    expect((await get("/?user=ada")).status).toBe(501);
  });
});

import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type NextFunctions, type NextSessions, nextSessions } from "../../src/adapters/next.ts";
import { cookies, parseSetCookie } from "../../src/cookie/index.ts";
import { HeadersSentError } from "../../src/errors.ts";
import { createLogin } from "../../src/login/index.ts";
import type { SessionManager } from "../../src/session/index.ts";
import { breakable, WRITING } from "../../src/testing/adapters/broken-store.ts";
import { signed, stored } from "../../src/testing/adapters/storages.ts";
import { failureOf } from "../../src/testing/adapters/watching.ts";
import { TestClient } from "../../src/testing/index.ts";
import { listenerWith } from "../app/frameworks.ts";
import { quiet } from "../http/quiet.ts";
import { listen } from "../support/client.ts";
import { describeExample, describeFramework, frameworkSuite } from "./framework-suite.ts";

frameworkSuite("next", {
  // Next.js sends no Content-Length with what a route has answered.
  capabilities: { keepsOnError: false, plainErrors: true, sendsLength: false },
  // Over HTTP/2 it fails with the first request, for methods that only responses of HTTP/1 have.
  protocols: ["http1"],
});

/** What the pages, actions and routes get of Next. */
interface Next extends NextFunctions {
  headers(): Promise<Headers>;
  notFound(): never;
  redirect(path: string): never;
}

interface Parts {
  page?(next: NextSessions<any>, functions: Next): Promise<string>;
  act?(next: NextSessions<any>, functions: Next, form: FormData): Promise<unknown>;
  answer?(next: NextSessions<any>, functions: Next): Promise<Response>;
}

const WHO = async ({ getSession }: NextSessions<any>) => {
  const { user, data } = await getSession();
  return `user=${user} n=${data["n"]}`;
};

/** A browser at an application of these parts. */
async function visit(sessions: SessionManager<any>, { page = WHO, act, answer }: Parts): Promise<Visitor> {
  let next: NextSessions<any> | undefined;
  const of = (functions: Next) => (next ??= nextSessions(sessions, functions));
  const content = {
    page: (functions: Next) => page(of(functions), functions),
    act: (functions: Next, form: FormData) =>
      of(functions).action(async (given: FormData) => act!(of(functions), functions, given))(form),
    answer: (functions: Next) => of(functions).handler(async () => answer!(of(functions), functions)),
  };
  const { origin, close } = await listen(createServer(listenerWith("next", content)));
  onTestFinished(close);
  return new Visitor(origin);
}

/** A browser without scripts. */
class Visitor extends TestClient {
  readonly #origin: string;

  constructor(origin: string) {
    super(origin);
    this.#origin = origin;
  }

  async page(): Promise<string> {
    return (await this.get("/under-test")).text();
  }

  /** Sends the page's form. */
  async submit(): Promise<Response> {
    const [, action] = /name="(\$ACTION_ID_\w+)"/.exec(await this.page())!;
    const body = new FormData();
    body.set(action!, "");
    return this.post("/under-test", { body, headers: { Origin: this.#origin } });
  }
}

describeFramework("next", "in Next.js", () => {
  quiet();

  const login: Parts["act"] = async ({ getSession }, { redirect }) => {
    const session = await getSession();
    session.data["n"] = 1;
    await session.regenerate({ user: "ada" });
    return redirect("/under-test");
  };

  test.for([signed, stored])(
    "an action logs in and redirects, and the target sees it, with $name",
    async ({ sessions }) => {
      const client = await visit(sessions(), { act: login });
      const reply = await client.submit();
      expect([reply.status, reply.headers.get("Location")]).toEqual([303, "/under-test"]);
      expect(await client.page()).toContain("user=ada n=1");
    },
  );

  test("who must log in is sent there by a page and by an action", async () => {
    const sessions = stored.sessions();
    const auth = createLogin(sessions, {
      loadUser: (id) => ({ id }),
      loginView: "/login",
      loginMessage: "Please log in.",
    });
    const required = async ({ getSession }: NextSessions<any>, { headers, redirect }: Next) => {
      await getSession();
      const context = await headers();
      const user = await auth.currentUser(context);
      if (user === undefined) redirect((await auth.unauthorized(context)).location!);
      return user;
    };
    const acted: unknown[] = [];
    let isOpen = true;
    const client = await visit(sessions, {
      page: async (next, functions) => (isOpen ? "open" : `user=${(await required(next, functions))?.id}`),
      act: async (next, functions) => acted.push(await required(next, functions)),
    });
    const reply = await client.submit();
    expect([reply.status, reply.headers.get("Location"), acted]).toEqual([303, "/login", []]);
    isOpen = false;
    const page = await client.get("/under-test");
    expect([page.status, page.headers.get("Location")]).toEqual([307, "/login"]);
    await client.sessionTransaction(sessions, async (session) => {
      // Only an action can leave a message.
      expect(session.flashes().map(({ message }) => message)).toEqual(["Please log in."]);
      await session.regenerate({ user: "ada" });
    });
    expect(await client.page()).toContain("user=ada");
  });

  test("an action ends the session and its cookie", async () => {
    const sessions = stored.sessions();
    const client = await visit(sessions, {
      act: async ({ getSession }) => {
        const session = await getSession();
        if (session.user === undefined) await session.regenerate({ user: "ada" });
        else await session.destroy();
      },
    });
    await client.submit();
    expect(await client.cookie("session")).toBeDefined();
    await client.submit();
    expect([await client.cookie("session"), await sessions.forUser("ada").list()]).toEqual([undefined, []]);
  });

  test("the page that an action's response brings sees what it has written, and cannot write", async () => {
    const sessions = signed.sessions();
    const client = await visit(sessions, {
      page: async ({ getSession }) => {
        const session = await getSession();
        return `n=${session.data.n} ${String(await failureOf(() => (session.data.n = 2)))}`;
      },
      act: async ({ getSession }) => void ((await getSession()).data.n = 1),
    });
    const text = await (await client.submit()).text();
    expect(text).toContain(
      "n=1 HeadersSentError: A change of session.data cannot reach the browser. A server component",
    );
  });

  test.for([
    ["notFound()", 404, ({ notFound }: Next) => notFound()],
    [
      "an error",
      500,
      () => {
        throw new Error("the action failed");
      },
    ],
  ] as const)("what an action wrote before %s is kept", async ([, status, fail]) => {
    const client = await visit(signed.sessions(), {
      act: async ({ getSession }, next) => {
        (await getSession()).data.n = 1;
        fail(next);
      },
    });
    expect((await client.submit()).status).toBe(status);
    expect(await client.page()).toContain("n=1");
  });

  test.for([
    ["redirect()", 307, ({ redirect }: Next) => redirect("/under-test")],
    ["notFound()", 404, ({ notFound }: Next) => notFound()],
  ] as const)("what a route handler wrote before %s is kept", async ([, status, fail]) => {
    const client = await visit(signed.sessions(), {
      answer: async ({ getSession }, next) => {
        (await getSession()).data.n = 1;
        return fail(next);
      },
    });
    expect((await client.get("/")).status).toBe(status);
    expect(await client.page()).toContain("n=1");
  });

  test("every change in a server component throws at once, and says where to make it", async () => {
    const sessions = stored.sessions();
    const failures: unknown[] = [];
    const client = await visit(sessions, {
      act: async ({ getSession }) => (await getSession()).regenerate({ user: "ada" }),
      page: async ({ getSession }) => {
        const session = await getSession();
        const changes = [
          () => (session.data.n = 2),
          () => session.flash("hello"),
          () => session.clear(),
          () => session.update((data) => void (data.n = 2)),
          () => session.regenerate(),
          () => session.destroy(),
        ];
        for (const change of changes) failures.push(await failureOf(change));
        return `user=${session.user}`;
      },
    });
    await client.submit();
    failures.length = 0;
    expect(await client.page()).toContain("user=ada");
    expect(failures).toHaveLength(18);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(HeadersSentError);
      expect(String(failure)).toMatch(/server action made with action\(…\), or in a route handler/);
    }
  });

  test("three components that ask cost one read", async () => {
    const { sessions, calls } = breakable();
    const client = await visit(sessions, {
      act: async ({ getSession }) => void ((await getSession()).data.n ??= 1),
    });
    await client.submit();
    calls.length = 0;
    await client.get("/under-test");
    expect(calls).toEqual(["load"]);
  });

  test("where the store does not write, an action's redirect is no answer", async () => {
    const store = breakable();
    const client = await visit(store.sessions, { act: login });
    store.broken = WRITING;
    const reply = await client.submit();
    expect([reply.status, reply.headers.get("Location"), reply.headers.getSetCookie()]).toEqual([
      500,
      null,
      [],
    ]);
    store.broken = [];
    expect(await client.page()).toContain("user=undefined n=undefined");
  });

  test("cookies of an action keep their attributes", async () => {
    const until = Date.UTC(new Date().getUTCFullYear() + 1, 0, 1);
    const client = await visit(signed.sessions(), {
      act: async (_, { headers }) => {
        const jar = cookies(await headers());
        jar.set("all", "a%20b", {
          maxAge: 60,
          domain: "example.com",
          path: "/under",
          secure: true,
          httpOnly: true,
          sameSite: "none",
          partitioned: true,
        });
        jar.set("dated", "1", { sameSite: "strict", expires: new Date(until) });
        jar.delete("old", { path: "/old" });
      },
    });
    const reply = await client.submit();
    const set = reply.headers.getSetCookie().map((header) => parseSetCookie(header)!);
    expect(set).toEqual([
      {
        name: "all",
        value: "a%20b",
        domain: "example.com",
        path: "/under",
        secure: true,
        httpOnly: true,
        sameSite: "none",
        partitioned: true,
        maxAge: 60,
        // Next makes it of Max-Age, which wins over it.
        expires: expect.any(Date),
      },
      { name: "dated", value: "1", path: "/", sameSite: "strict", expires: new Date(until) },
      { name: "old", value: "", path: "/old", expires: new Date(0), maxAge: 0 },
    ]);
  });

  test("a value that Next would write as another one is an error, and the one that it would is none", async () => {
    const client = await visit(signed.sessions(), {
      act: async (_, { headers }) => cookies(await headers()).set("a", "b=c"),
    });
    const reply = await client.submit();
    expect([reply.status, reply.headers.getSetCookie()]).toEqual([500, []]);
  });

  test("sessions.current() is the action's session", async () => {
    const sessions = signed.sessions();
    let same: boolean | undefined;
    const client = await visit(sessions, {
      act: async ({ getSession }) => void (same = (await sessions.current()) === (await getSession())),
    });
    await client.submit();
    expect(same).toBe(true);
  });
});

describeExample("next", "the example for Next.js", (start) => {
  test("logs in and out by forms, and its proxy lets nobody else in", async () => {
    const { client, origin } = await start();
    const refused = await client.get("/account");
    expect([refused.status, refused.headers.get("Location")]).toEqual([307, "/"]);
    const html = await (await client.get("/")).text();
    expect(html).toContain("Hello, stranger");

    const body = new FormData();
    body.set("_1_user", "ada");
    body.set("0", '["$K1"]');
    const [, action] = /name="\$ACTION_ID_(\w+)"/.exec(html)!;
    const headers = { "Next-Action": action!, Accept: "text/x-component", Origin: origin };
    // As Next's own script sends it: the answer is the redirect's target.
    const login = await client.post("/", { body, headers });
    expect(login.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-session=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=lax$/),
    ]);
    expect(await login.text()).toContain("Account of ada");

    const account = await (await client.get("/account")).text();
    expect(account).toContain("Account of ada");
    const logout = new FormData();
    logout.set(/name="(\$ACTION_ID_\w+)"/.exec(account)![1]!, "");
    const reply = await client.post("/account", { body: logout, headers: { Origin: origin } });
    expect([reply.status, reply.headers.get("Location")]).toEqual([303, "/"]);
    expect(await (await client.get("/")).text()).toContain("Hello, stranger");
  });

  test("counts in a route handler, and the page sees it", async () => {
    const { client } = await start();
    for (const visits of [1, 2]) {
      const reply = await client.post("/api/visits");
      expect(await reply.json()).toEqual({ visits });
      expect([reply.headers.get("Cache-Control"), reply.headers.get("Vary")]).toEqual([
        "no-store",
        expect.stringContaining("Cookie"),
      ]);
    }
    expect(await (await client.get("/")).text()).toContain("visits: 2");
  });
});

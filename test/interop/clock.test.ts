import { createSessions, type SessionManager, type SessionOptions, signedCookie } from "hipflask";
import { webSessions } from "hipflask/adapters/web";
import { flaskConfig } from "hipflask/flask";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { FlaskProcess } from "./flask-process.ts";

const SECRET = "Yk3-pXw0mV8qLr5T_cZ9bN2eFh7uAj4sGdQ6oKi1tEx";
const NOON = Date.UTC(2026, 10, 20, 12) / 1000;
const HOUR = 60 * 60;

/** Seconds by which the clock of whoever signed is ahead of the reader's. */
const TOLERATED = [-HOUR, -6, -5, -2, -1, 0, 1, 2, 5];
const REFUSED = [6, 7, HOUR];

const RULES: Readonly<Record<string, SessionOptions>> = {
  "Flask's rules": flaskConfig({ SECRET_KEY: SECRET }),
  "our rules": { secretKey: SECRET, storage: signedCookie() },
};

/** An application on a machine of its own, whose clock shows `time` (seconds since 1970) until somebody sets it. */
class Machine {
  time: number;
  readonly events: string[] = [];
  readonly #handle: (request: Request) => Promise<Response>;

  constructor(options: SessionOptions, time: number) {
    this.time = time;
    const sessions: SessionManager = createSessions({ ...options, clock: { now: () => this.time * 1000 } });
    sessions.on("*", ({ type }) => this.events.push(type));
    this.#handle = webSessions(sessions, async (request) => {
      const { data } = await sessions.get(request);
      if (request.method === "POST") data["user_id"] = "Zoë";
      return Response.json(data["user_id"] ?? null);
    });
  }

  /** POST logs in and GET asks who is logged in. `cookie` and `setCookie` are `name=value`. */
  async request(
    method: "GET" | "POST",
    cookie = "",
  ): Promise<{ user: unknown; setCookie: string | undefined }> {
    const response = await this.#handle(
      new Request("https://hipflask.test/", { method, headers: { Cookie: cookie } }),
    );
    return { user: await response.json(), setCookie: pair(response.headers.getSetCookie()) };
  }

  async login(): Promise<string> {
    const { setCookie } = await this.request("POST");
    return setCookie!;
  }
}

function pair(setCookies: readonly string[]): string | undefined {
  return setCookies[0]?.split(";")[0];
}

describe.each(Object.entries(RULES))("a session under %s", (_, options) => {
  test.each(TOLERATED)("is good where the signer's clock is %i s ahead", async (ahead) => {
    const cookie = await new Machine(options, NOON + ahead).login();
    const reader = new Machine(options, NOON);
    expect(await reader.request("GET", cookie)).toEqual({ user: "Zoë", setCookie: undefined });
    expect(reader.events).toEqual([]);
  });

  test.each(REFUSED)("is none, with an event, where the signer's clock is %i s ahead", async (ahead) => {
    const cookie = await new Machine(options, NOON + ahead).login();
    const reader = new Machine(options, NOON);
    expect(await reader.request("GET", cookie)).toEqual({ user: null, setCookie: undefined });
    expect(reader.events).toEqual(["token.future"]);
  });

  test("counts whole seconds, so that fractions log nobody out", async () => {
    const cookie = await new Machine(options, NOON + 5.999).login();
    expect(await new Machine(options, NOON).request("GET", cookie)).toMatchObject({ user: "Zoë" });
  });

  test("outlives a clock that is set back a little, and after an hour's jump back a new one can begin", async () => {
    const machine = new Machine(options, NOON);
    const cookie = await machine.login();
    machine.time = NOON - 5;
    expect(await machine.request("GET", cookie)).toMatchObject({ user: "Zoë" });
    machine.time = NOON - HOUR;
    expect(await machine.request("GET", cookie)).toMatchObject({ user: null });
    const { setCookie } = await machine.request("POST", cookie);
    expect(await machine.request("GET", setCookie)).toMatchObject({ user: "Zoë" });
    machine.time = NOON;
    expect(await machine.request("GET", setCookie)).toMatchObject({ user: "Zoë" });
  });
});

test("the idle time runs from the signing, also where the signer's clock was ahead", async () => {
  const options = { ...RULES["our rules"]!, idleTimeout: 60 };
  const cookie = await new Machine(options, NOON + 5).login();
  const reader = new Machine(options, NOON);
  for (const [time, renewed] of [
    [0, false],
    [5, false],
    [10, false],
    [11, true],
    [65, true],
  ] as const) {
    reader.time = NOON + time;
    const { user, setCookie } = await reader.request("GET", cookie);
    expect([time, user, setCookie !== undefined]).toEqual([time, "Zoë", renewed]);
  }
  reader.time = NOON + 66;
  expect(await reader.request("GET", cookie)).toEqual({ user: null, setCookie: undefined });
});

describeWith("flask", "between machines of Flask and of TypeScript", () => {
  const typescript = RULES["Flask's rules"]!;
  let flask: FlaskProcess;

  beforeAll(() => {
    flask = new FlaskProcess(SECRET);
  });
  afterAll(() => flask.stop());

  async function loginAtFlask(clock: number): Promise<string> {
    const query = { method: "POST", path: "/login?user=Zo%C3%AB", cookie: "", clock };
    return pair((await flask.ask("request", query)).setCookie)!;
  }

  async function seenByFlask(cookie: string, clock: number): Promise<unknown> {
    const { status, json } = await flask.ask("request", { method: "GET", path: "/data", cookie, clock });
    expect(status).toBe(200);
    return json;
  }

  test.each(TOLERATED)("TypeScript takes the cookie of a Flask whose clock is %i s ahead", async (ahead) => {
    const cookie = await loginAtFlask(NOON + ahead);
    expect(await new Machine(typescript, NOON).request("GET", cookie)).toMatchObject({ user: "Zoë" });
  });

  test.each(REFUSED)(
    "TypeScript refuses, with an event, that of a Flask whose clock is %i s ahead",
    async (ahead) => {
      const cookie = await loginAtFlask(NOON + ahead);
      const reader = new Machine(typescript, NOON);
      expect(await reader.request("GET", cookie)).toMatchObject({ user: null });
      expect(reader.events).toEqual(["token.future"]);
    },
  );

  test("Flask refuses a cookie that is one second ahead of its clock", async () => {
    const cookie = await new Machine(typescript, NOON).login();
    expect(await seenByFlask(cookie, NOON)).toEqual({ user_id: "Zoë" });
    expect(await seenByFlask(cookie, NOON - 1)).toEqual({});
  });

  test.each([0, 1, 2])(
    "with issueSkew: 2 it takes that of a TypeScript whose clock is %i s ahead",
    async (ahead) => {
      const dated = { ...typescript, storage: signedCookie({ issueSkew: 2 }) };
      const cookie = await new Machine(dated, NOON + ahead).login();
      expect(await seenByFlask(cookie, NOON)).toEqual({ user_id: "Zoë" });
      expect(await new Machine(dated, NOON + ahead).request("GET", cookie)).toMatchObject({ user: "Zoë" });
    },
  );

  test("with issueSkew: 2 it still refuses that of one whose clock is 3 s ahead", async () => {
    const dated = { ...typescript, storage: signedCookie({ issueSkew: 2 }) };
    expect(await seenByFlask(await new Machine(dated, NOON + 3).login(), NOON)).toEqual({});
  });
});

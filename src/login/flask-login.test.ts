import { describe, expect, test } from "vitest";
import { comparableCookie } from "../../test/support/comparable-cookie.ts";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { vectors } from "../../test/support/vectors.ts";
import { UnauthorizedError } from "../errors.ts";
import { flaskConfig } from "../flask/index.ts";
import { createSessions } from "../session/index.ts";
import type { FlaskLoginVersion } from "./identifier.ts";
import { createLogin, type Login } from "./index.ts";

type Op = [name: string, ...args: any[]];

interface Step {
  now: number;
  method: string;
  path: string;
  cookie: string;
  user_agent: string;
  remote_addr: string;
  x_forwarded_for: string | null;
  ops: Op[];
  status: number;
  location: string | null;
  results: unknown[] | null;
  set_cookie: string[];
  vary: string[];
  signals: string[];
  session_after: Desc | null;
}

interface Scenario {
  id: string;
  kind: string;
  secret: string;
  config: Record<string, any>;
  users: Record<string, "active" | "inactive">;
  requests: Step[];
  main_0_7?: { requests: Step[] };
}

interface User {
  id: string;
  isActive: boolean;
}

const scenarios = vectors<Scenario>("flask_login").filter(({ kind }) => kind === "scenario");

/** One request, as an adapter of the address and headers in the vector would have it. */
async function run(step: Step, { secret, config, users }: Scenario, version: FlaskLoginVersion) {
  const { login_view: loginView, ...rest } = config;
  const settings = { ...rest, SECRET_KEY: secret, FLASK_LOGIN_VERSION: version };
  // Half a second, because Python's 1000.5 seconds of remembering reach the next full one.
  const clock = { now: () => step.now * 1000 + 500 };
  const sessions = createSessions({ ...flaskConfig(settings), clock });
  const signals: string[] = [];
  sessions.on("session.protected", () => signals.push("session_protected"));
  const loadUser = (id: string): User | undefined =>
    users[id] === undefined ? undefined : { id, isActive: users[id] === "active" };
  const auth: Login<User> = createLogin(sessions, {
    loadUser,
    isActive: (user) => user.isActive,
    flask: settings,
    ...(loginView === undefined ? {} : { loginView: loginView as string }),
  });
  const exchange = sessions.open({
    cookie: step.cookie || undefined,
    host: "localhost",
    encrypted: false,
    userAgent: () => step.user_agent,
    forwardedFor: () => step.x_forwarded_for ?? undefined,
    address: () => step.remote_addr,
    // As a browser sends it.
    url: encodeURI(step.path),
  });
  const context = {};
  sessions.bind(context, exchange);

  const perform = async ([name, ...args]: Op): Promise<unknown> => {
    const session = await sessions.get(context);
    switch (name) {
      case "login":
        return auth.loginUser(context, loadUser(args[0])!, args[1]);
      case "logout":
        await auth.logoutUser(context);
        return true;
      case "who":
        return (await auth.currentUser(context))?.id ?? null;
      case "fresh":
        return auth.loginFresh(context);
      case "remembered":
        return auth.loginRemembered(context);
      case "confirm":
        await auth.confirmLogin(context);
        return null;
      case "set":
        (session.data as any)[args[0]] = args[1];
        return null;
      case "permanent":
        session.permanent = args[0];
        return null;
      default:
        throw new Error(`There is no operation ${name}`);
    }
  };

  const results: unknown[] = [];
  let denied: UnauthorizedError | undefined;
  // What Flask-Login does with every answer is here done where an application asks for the user.
  if (config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] === true) await auth.currentUser(context);
  for (const op of step.ops) results.push(await perform(op));
  // Flask-Login's decorators let OPTIONS pass: a view of ours does not ask then.
  if (step.method !== "OPTIONS") {
    const guard = { "/private": auth.loginRequired, "/fresh": auth.freshLoginRequired }[
      step.path.split("?")[0]!
    ];
    await guard?.call(auth, context).catch((error: unknown) => {
      if (!(error instanceof UnauthorizedError)) throw error;
      denied = error;
    });
  }
  const headers = new Headers();
  await exchange.commit();
  exchange.writeTo(headers);
  const session = await sessions.get(context);
  return {
    results,
    status: denied?.status ?? 200,
    location: denied?.location ?? null,
    cookies: headers.getSetCookie(),
    vary: headers.get("Vary"),
    signals,
    data: session.data,
  };
}

async function expectAs(scenario: Scenario, version: FlaskLoginVersion, steps: readonly Step[]) {
  for (const step of steps) {
    const got = await run(step, scenario, version);
    if (step.results !== null) expect(got.results).toEqual(step.results);
    expect([got.status, got.location]).toEqual([step.status, step.location]);
    const comparable = (cookies: string[]) =>
      cookies.map((header) => comparableCookie(header, scenario.secret));
    expect(comparable(got.cookies)).toEqual(comparable(step.set_cookie));
    expect(got.signals).toEqual(step.signals.filter((signal) => signal === "session_protected"));
    // Flask-Login looks at the session after every request. Here a request that asks for nothing does not depend on it.
    expect(got.vary).toBe(step.method === "OPTIONS" ? null : step.vary.join(", "));
    if (step.session_after !== null) expect(got.data).toEqual(fromDesc(step.session_after));
  }
}

describe("whole requests as with Flask-Login 0.6.3", () => {
  test("the vectors are there", () => {
    expect(scenarios.length).toBe(38);
  });

  test.each(scenarios)("$id", (scenario) => expectAs(scenario, "0.6", scenario.requests));
});

describe("whole requests as with Flask-Login 0.7", () => {
  test.each(scenarios)("$id", (scenario) =>
    expectAs(scenario, "0.7", (scenario.main_0_7 ?? scenario).requests),
  );
});

import type { Login } from "hipflask/login";
import { answer, type Call, RequestError } from "./call.ts";

/** Every name is a user's. */
export interface User {
  readonly id: string;
}

type Work = (login: Login<User>, call: Call) => Promise<unknown>;

/** What is answered is what they give. */
const QUESTIONS: ReadonlyMap<string, Work> = new Map<string, Work>(
  Object.entries({
    me: async (login, { context }) => {
      const user = await login.currentUser(context);
      const fresh = await login.loginFresh(context);
      return { user: user?.id ?? null, fresh, remembered: await login.loginRemembered(context) };
    },
    required: async (login, { context }) => ({ user: (await login.loginRequired(context)).id }),
    fresh: async (login, { context, query }) => {
      const options = optional("maxAge", query);
      return { user: (await login.freshLoginRequired(context, options)).id };
    },
    devices: async (login, { context }) => {
      const devices = await login.devices(context);
      return devices.map(({ createdAt, lastSeenAt, device = null, isCurrent }) => {
        return { createdAt, lastSeenAt, device, isCurrent };
      });
    },
  } satisfies Record<string, Work>),
);

const DEEDS: ReadonlyMap<string, Work> = new Map<string, Work>(
  Object.entries({
    login: (login, { context, query }) =>
      login.loginUser(context, userOf(query), {
        remember: query.get("remember") === "1",
        fresh: query.get("fresh") !== "0",
        ...optional("duration", query),
      }),
    logout: (login, { context }) => login.logoutUser(context),
    "logout-all": (login, { query }) => login.logoutEverywhere(userOf(query).id),
    confirm: (login, { context }) => login.confirmLogin(context),
    "password-changed": (login, { context }) => login.passwordChanged(context),
  } satisfies Record<string, Work>),
);

/** What `hipflask/login` does, under /auth: questions are asked with GET. */
export async function loginRoute(
  login: Login<User>,
  method: string,
  name: string,
  call: Call,
): Promise<Response> {
  const isQuestion = method === "GET";
  const work = isQuestion ? QUESTIONS.get(name) : method === "POST" ? DEEDS.get(name) : undefined;
  if (work === undefined) throw new RequestError(404, "There is no such route");
  const result = await work(login, call);
  return answer(isQuestion ? result : { ok: true });
}

function userOf(query: URLSearchParams): User {
  const id = query.get("user");
  if (id === null || id === "") throw new RequestError(400, "user is missing");
  return { id };
}

/** An option that is a number of seconds, where there is one. */
function optional<Name extends string>(name: Name, query: URLSearchParams): { [name in Name]?: number } {
  const value = query.get(name);
  return (value === null ? {} : { [name]: Number(value) }) as { [name in Name]?: number };
}

import { describe, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";

const OLD = "M2nq0uXc7VJp5YwTz8rKfLd1sGhB9eAo";
const NEW = "Zx4vTq8LmW2cRk7PdN1yHs6JbG9fUe3A";
const CLIENTS = 200;

/** A deployment: what each process is started with, one after the other. */
const STATES = [
  { SECRET_KEY: OLD, SECRET_KEY_FALLBACKS: "" },
  // The new key is accepted everywhere before anybody uses it.
  { SECRET_KEY: OLD, SECRET_KEY_FALLBACKS: NEW },
  { SECRET_KEY: NEW, SECRET_KEY_FALLBACKS: OLD },
  { SECRET_KEY: NEW, SECRET_KEY_FALLBACKS: "" },
];

const STORAGES = process.env["HIPFLASK_LONG"] === "1" ? ["encrypted", "signed"] : ["encrypted"];

describe.each(STORAGES)("a new secret key, rolled out over two processes with STORAGE=%s", (STORAGE) => {
  test(
    `logs none of ${CLIENTS} visitors out, and is the only one in the end`,
    { timeout: 180_000 },
    async () => {
      const start = (state: object): Promise<RunningApp> => startApp({ ADAPTER: "node", STORAGE, ...state });
      const processes = await Promise.all([start(STATES[0]!), start(STATES[0]!)]);
      try {
        const cookies = await Promise.all(
          Array.from({ length: CLIENTS }, async (_, client) => {
            const url = `${processes[client % 2]!.origin}/login?user=${client}`;
            return cookieOf(await fetch(url, { method: "POST" }), "");
          }),
        );
        const visit = () =>
          Promise.all(
            cookies.map(async (cookie, client) => {
              const { origin } = processes[Math.random() < 0.5 ? 0 : 1]!;
              const response = await fetch(`${origin}/me`, { headers: { cookie } });
              expect(await response.json()).toMatchObject({ user: `${client}` });
              cookies[client] = cookieOf(response, cookie);
            }),
          );
        await visit();
        const first = cookies[0]!;
        for (const state of STATES.slice(1)) {
          for (const index of [0, 1]) {
            await processes[index]!.stop();
            processes[index] = await start(state);
            await visit();
          }
        }
        const old = await fetch(`${processes[0]!.origin}/me`, { headers: { cookie: first } });
        expect(await old.json()).toMatchObject({ user: null });
      } finally {
        await Promise.all(processes.map((running) => running.stop()));
      }
    },
  );
});

/** The Cookie header after a response: another one where it set one. */
function cookieOf(response: Response, before: string): string {
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? before;
}

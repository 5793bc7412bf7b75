/**
 * The conformance app: the same small application behind every adapter and storage, for tests that speak HTTP.
 *
 *   ADAPTER=hono STORAGE=flask SECRET_KEY=… npm run conformance-app
 *
 * docs/conformance.md has its environment and its routes.
 */
import type { AddressInfo } from "node:net";
import { HipflaskError } from "hipflask";
import { appServer, isFramework } from "./adapters.ts";
import { answer } from "./call.ts";
import { load } from "./frameworks.ts";
import { conformanceRoutes } from "./routes.ts";
import { UsageError } from "./environment.ts";
import { readSettings, type Settings } from "./settings.ts";

async function settingsOrExit(): Promise<Settings> {
  try {
    return await readSettings(process.env);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof HipflaskError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

const { adapter, protocol, port, sessions, login } = await settingsOrExit();

let unhandled = 0;
for (const event of ["unhandledRejection", "uncaughtException"] as const) {
  process.on(event, (error: unknown) => {
    unhandled += 1;
    console.error(event, error);
  });
}
// Whoever read what is printed may be gone: no reason to print that too, and so on for ever.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.on("SIGTERM", () => process.exit(0));

const app = {
  sessions,
  respond: conformanceRoutes({ sessions, login, unhandled: () => unhandled }),
  respondBefore: (path: string) => (path === "/ping" ? answer({ pong: true }) : undefined),
};
if (isFramework(adapter)) await load(adapter);
const server = appServer(adapter, app, protocol);
server.once("error", ({ message }) => {
  console.error(message);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

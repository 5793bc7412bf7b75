/** Runs fragments of pages one after the other, each in a request of its own, and tells the process that started it how each went. */
import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { TestClient } from "hipflask/testing";
import { packageNames, placeIn, type Program } from "./code-blocks.ts";
import { type Given, Setting, type Urls } from "./context.ts";

/** What the process is told to do. */
export interface Orders {
  readonly fragments: readonly Program[];
  readonly urls: Urls;
}

/** How a fragment went. */
export interface Outcome {
  readonly place: string;
  /** What it would need and does not have, so that it did not run. */
  readonly lacks?: string | undefined;
  /** What it threw and what nobody caught, each with its place in the page. */
  readonly errors: readonly string[];
}

/** A fragment cannot run here. */
class Lack extends Error {}

/** Milliseconds that a fragment may take. */
const PATIENCE = 20_000;
/** What a visitor sends: a login, where it is one. */
const FORM = { name: "ada", password: "correct horse", remember: "on" };

const { fragments, urls }: Orders = JSON.parse(process.argv[2]!);

for (const [name, path] of packageNames()) Object.assign(globalThis, { [name]: (await import(path))[name] });
Object.assign(globalThis, { throws: assert.throws });
const setting = new Setting(urls);
await setting.open();

let errors: unknown[] = [];
process.on("uncaughtException", (error) => errors.push(error));
process.on("disconnect", () => process.exit());

for (const fragment of fragments) {
  await inTime(run(fragment)).catch((error: unknown) => errors.push(error));
  // What it did not wait for has its turn.
  for (let turns = 0; turns < 10; turns += 1) await turn();
  await send(fragment);
}
await delay(1000);
await send(fragments.at(-1)!);
// Whatever they have opened ends with it.
process.exit();

/** Tells of a fragment, and of what else came to light while it ran. */
async function send(fragment: Program): Promise<void> {
  const lacks = errors.map(lackOf).find((lack) => lack !== undefined);
  const told = errors.filter((error) => lackOf(error) === undefined).map((error) => tell(error, fragment));
  errors = [];
  const outcome: Outcome = { place: fragment.place, lacks, errors: told };
  await new Promise((sent) => process.send!(outcome, undefined, undefined, sent));
}

async function inTime(work: Promise<void>): Promise<void> {
  const late = delay(PATIENCE).then(() => Promise.reject(new Error("It does not come to an end.")));
  await Promise.race([work, late]);
}

async function run({ file, place, context }: Program): Promise<void> {
  const page = place.replace(/:\d+$/, "");
  process.env["DATABASE_URL"] = setting.urlFor(page);
  await setting.visit(page, async (given) => {
    const absent = context.find((name) => !(name in given));
    if (absent !== undefined) throw new Lack(absent);
    Object.assign(globalThis, { given });
    await import(file);
    await askFor(context, given);
  });
}

/** A visitor asks for what a fragment has registered, so that it runs, too. */
async function askFor(
  context: readonly string[],
  { app, expressApp, fastify, server }: Given,
): Promise<void> {
  const statuses: number[] = [];
  if (context.includes("app")) {
    const client = new TestClient(app);
    for (const { method, path } of app.routes.filter((route) => route.path !== "/*")) {
      const form = method === "POST" ? { method, body: new URLSearchParams(FORM) } : {};
      statuses.push((await client.fetch(path.replace("*", ""), form)).status);
    }
  }
  if (context.includes("expressApp")) {
    const client = new TestClient(createServer(expressApp));
    statuses.push((await client.get("/").finally(() => client.close())).status);
  }
  if (context.includes("fastify")) statuses.push((await fastify.inject("/")).statusCode);
  if (context.includes("server")) statuses.push(await statusOfUpgrade(server));
  if (statuses.some((status) => status >= 500))
    throw new Error(`A visitor is answered ${statuses.join(", ")}.`);
}

async function statusOfUpgrade(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const request = get({ port, headers: { Connection: "Upgrade", Upgrade: "websocket" } });
  const [response] = await once(request, "response");
  server.close();
  return response.statusCode;
}

/** What is not installed, if an error says so. */
function lackOf(error: unknown): string | undefined {
  if (error instanceof Lack) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "ERR_UNKNOWN_BUILTIN_MODULE") return undefined;
  return /(?:package |module: )'?([^' ]+)/.exec(message)?.[1];
}

function tell(error: unknown, fragment: Program): string {
  const stack = String((error as Error)?.stack ?? error);
  const its = fragments.find(({ file }) => stack.includes(`${file}:`)) ?? fragment;
  const row = stack.split(`${its.file}:`)[1];
  return `${row === undefined ? its.place : placeIn(its, Number.parseInt(row, 10))}: ${stack}`;
}

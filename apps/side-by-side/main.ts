/**
 * Flask with Flask-Session and Flask-Login, and hipflask, side by side on one Redis: one login, one cart, one count, in one page.
 * REDIS_URL names a Redis; without it one is started, and stopped again. SECRET_KEY is made anew where there is none.
 */
import { serve } from "@hono/node-server";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient, RESP_TYPES } from "redis";
import { configuration, createApp } from "./app.ts";

/** Debian's: it is the one that has the packages. */
const PYTHON = process.env["PYTHON"] || "/usr/bin/python3";
const PORT = Number(process.env["PORT"] || 5556);

const children: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "hipflask-side-by-side-"));
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function start(): Promise<void> {
  const release = flaskSessionRelease();
  const url = process.env["REDIS_URL"] || (await startRedis());
  const client = createClient({ url });
  client.on("error", () => undefined);
  await client.connect();
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const read = async (key: string) => {
    const [bytes, ttl] = await Promise.all([binary.get(key), client.ttl(key)]);
    return bytes === null ? undefined : { bytes, ttl };
  };
  const flaskPort = await freePort();
  const page = `http://127.0.0.1:${PORT}`;
  const flask = `http://127.0.0.1:${flaskPort}`;
  const config = configuration(process.env["SECRET_KEY"] || randomBytes(32).toString("base64url"));
  await startFlask(flaskPort, { REDIS_URL: url, PAGE: page, CONFIG: JSON.stringify(config) });
  // Before 0.7 Flask-Session wrote pickles.
  const format = isBefore(release, 0, 7) ? "pickle" : "msgpack";
  const app = createApp(config, { client, read }, format, flask);
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: PORT }, () => {
    console.log(`Flask-Session ${release} on ${flask} and hipflask on ${page} share one Redis (${format}).`);
    console.log(`Open ${page}`);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    console.error(
      error.code === "EADDRINUSE"
        ? `Port ${PORT} is in use. Choose another one: PORT=5557 npm run demo:flask`
        : `The server cannot start: ${error.message}`,
    );
    process.exit(1);
  });
}

/** @throws Error that says how to get it */
function flaskSessionRelease(): string {
  const script =
    "import flask, redis, flask_login, flask_session; from importlib.metadata import version; print(version('flask-session'))";
  const { status, stdout } = spawnSync(PYTHON, ["-c", script], { encoding: "utf8" });
  if (status === 0) return stdout.trimEnd();
  throw new Error(
    `${PYTHON} has no Flask with Flask-Session, Flask-Login and redis. On Debian or Ubuntu: sudo apt-get install python3-flask-session python3-flask-login python3-redis. Elsewhere: pip install flask flask-session flask-login redis, and PYTHON=$(which python3).`,
  );
}

function isBefore(release: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = release.split(".").map(Number);
  return a < major || (a === major && b < minor);
}

async function startRedis(): Promise<string> {
  const port = await freePort();
  run("redis-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder], {});
  const url = `redis://127.0.0.1:${port}`;
  await reachable(port, "redis-server");
  return url;
}

async function startFlask(port: number, env: Record<string, string>): Promise<void> {
  const args = ["-m", "flask", "--app", join(import.meta.dirname, "flask_app.py"), "run", "-p", `${port}`];
  run(PYTHON, args, { ...env, PYTHONDONTWRITEBYTECODE: "1" });
  await reachable(port, "Flask");
}

function run(program: string, args: readonly string[], env: Record<string, string>): void {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: "ignore" });
  children.push(child);
  child.once("error", (error) => {
    console.error(`${program} cannot be started (${error.message}).`);
    process.exit(1);
  });
}

async function reachable(port: number, what: string): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await delay(100);
  }
  throw new Error(`${what} did not start within 15 seconds.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

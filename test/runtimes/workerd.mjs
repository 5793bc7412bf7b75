/**
 * Serves a Worker with workerd, as the conformance app is served elsewhere: says where it listens, ends with SIGTERM. WORKER is its file,
 * bundled already; without it, it is SOURCE, and without that test/app/worker.ts. With OLDEST set it runs as on the first compatibility date that
 * will do.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "hipflask-workerd-"));
const names = ["STORAGE", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "LIFETIME", "IDLE_TIMEOUT"];
const bindings = names.map((name) => `(name = "${name}", text = ${JSON.stringify(process.env[name] ?? "")})`);

const compatibility = process.env.OLDEST
  ? 'compatibilityDate = "2024-09-23", compatibilityFlags = ["nodejs_compat"]'
  : 'compatibilityDate = "2026-11-01"';

if (process.env.WORKER === undefined)
  await bundle(process.env.SOURCE ?? join(here, "../app/worker.ts"), join(folder, "worker.js"));
else copyFileSync(process.env.WORKER, join(folder, "worker.js"));
writeFileSync(
  join(folder, "config.capnp"),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")],
    ${compatibility},
    bindings = [${bindings.join(", ")}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
);

const port = await freePort();
const workerd = spawn(
  join(here, "node_modules/@cloudflare/workerd-linux-64/bin/workerd"),
  ["serve", "config.capnp", `--socket-addr=http=127.0.0.1:${port}`],
  { cwd: folder, stdio: "inherit" },
);
process.on("SIGTERM", () => workerd.kill());
workerd.on("exit", (code, signal) => {
  rmSync(folder, { recursive: true });
  process.exitCode = signal === "SIGTERM" ? 0 : (code ?? 1);
});
await untilItListens();
console.log(`listening on http://127.0.0.1:${port}`);

async function bundle(source, outfile) {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@hipflask/source", "workerd"],
    external: ["node:*"],
  });
}

async function untilItListens() {
  while (workerd.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One that is free now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

/** Does what a page tells its reader to do: writes its files and runs its commands, in an empty folder. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../support/free-port.ts";
import { blocksOf } from "./markdown.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** Nothing of the tests' own, and npm as quick as it can be. */
const env = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  NEXT_TELEMETRY_DISABLED: "1",
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
};

/** Makes the package as it would be published. Its types are checked elsewhere. @returns the tarball's path */
export async function packHipflask(folder: string): Promise<string> {
  for (const path of [
    "src",
    "apps/demo",
    "scripts/bundle.mjs",
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "README.md",
  ])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  await shell("node node_modules/typescript/bin/tsc -p tsconfig.build.json --noCheck", folder);
  await shell("node scripts/bundle.mjs && npm pack --ignore-scripts", folder);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, `hipflask-${version}.tgz`);
}

/** A page's application, on http://localhost. */
export interface RunningPage {
  readonly origin: string;
  /** Ends it with all that it has started, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Goes through a page: each block whose first line is a comment with a path is that file, each `sh` block is run. The last one starts the
 * application.
 *
 * @param tarball what `npm install hipflask` installs
 * @throws Error with what was printed, when a command fails
 */
export async function followPage(markdown: string, tarball: string): Promise<RunningPage> {
  const folder = mkdtempSync(join(tmpdir(), "hipflask-start-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const blocks = blocksOf(markdown);
  const last = blocks.findLastIndex(({ language }) => language === "sh");
  try {
    for (const { language, text } of blocks.slice(0, last)) {
      if (language === "sh") await shell(pinned(text, tarball), folder);
      else writeBlock(folder, text);
    }
    const { origin, end } = await start(blocks[last]!.text, folder);
    return { origin, stop: () => end().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function writeBlock(folder: string, text: string): void {
  const path = /^\/\/ (\S+)\n/.exec(text)?.[1];
  if (path === undefined) return;
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function shell(command: string, cwd: string): Promise<void> {
  await run("sh", ["-e", "-c", command], { cwd, env }).catch((error) => {
    throw new Error(`${command}\n${error.stdout}\n${error.stderr}`);
  });
}

/** The commands, with the package in place of the registry's and everything else in the version that the other tests have. */
function pinned(commands: string, tarball: string): string {
  return commands.replace(/^npm install .*$/gm, (line) =>
    line.replace(/(?<= )(?!install\b|-)\S+/g, (name) =>
      name === "hipflask" ? tarball : `${name}@${VERSIONS[name]}`,
    ),
  );
}

const VERSIONS: Readonly<Record<string, string>> = Object.assign(
  {},
  ...["test/frameworks/package.json", "package.json"].map(
    (file) => JSON.parse(readFileSync(join(root, file), "utf8")).devDependencies,
  ),
);

const PATIENCE = 120_000;

async function start(command: string, cwd: string): Promise<{ origin: string; end(): Promise<void> }> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  // A group of its own, because npx starts others that it does not end.
  const child = spawn("sh", ["-c", command], { cwd, env: { ...env, PORT: String(port) }, detached: true });
  const exit = once(child, "close");
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
  };
  // Also where a test has been given up.
  process.once("exit", kill);
  const end = async () => {
    process.off("exit", kill);
    kill();
    await exit;
  };
  let output = "";
  const announced = new Promise<true>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes(origin)) resolve(true);
      });
    }
  });
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, PATIENCE, false).unref());
  if (await Promise.race([announced, exit.then(() => false), timeout])) return { origin, end };
  await end();
  throw new Error(`${command}\n${output}`);
}

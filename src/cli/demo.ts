import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSecretKey } from "../signer/index.ts";
import { type Io, print, shown, UsageError } from "./io.ts";

/** Where the build puts it: the same way up from here and from where the bundle is. */
const BUNDLE = new URL("../../dist/demo/start.js", import.meta.url);

export interface DemoOptions {
  readonly port?: string;
  readonly storage?: "signed" | "encrypted" | "server";
  readonly store?: string;
}

/** What the bundle has. */
interface DemoBundle {
  startDemo(
    env: Io["env"],
    folder: string,
  ): Promise<{ readonly url: string; readonly notes: readonly string[]; close(): void }>;
}

/** Runs the demo until Ctrl-C. What it keeps is in a folder of its own, which goes away with it. */
export async function demo({ port, storage, store }: DemoOptions, io: Io): Promise<void> {
  if (!existsSync(BUNDLE)) throw new UsageError("There is no demo without a build. Run: npm run build");
  if (store !== undefined && storage !== undefined && storage !== "server")
    throw new UsageError("--store is for --storage server.");
  const { startDemo } = (await import(BUNDLE.href)) as DemoBundle;
  const folder = await mkdtemp(join(tmpdir(), "hipflask-demo-"));
  const env = {
    ...io.env,
    SECRET_KEY: io.env["SECRET_KEY"] || makeSecretKey(),
    ...(port !== undefined && { PORT: port }),
    ...(storage !== undefined && { STORAGE: storage }),
    ...(store !== undefined && { STORAGE: "server", STORE: store }),
  };
  try {
    const { url, notes, close } = await startDemo(env, folder).catch((error) => explain(error, store));
    for (const note of notes) await print(io.stdout, note);
    await print(io.stdout, io.env["SECRET_KEY"] ? "Sessions are signed with your SECRET_KEY." : NEW_KEY);
    await print(io.stdout, `hipflask demo on ${url}\nCtrl-C ends it.`);
    await ended(io.signal);
    close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const NEW_KEY = "A secret key was made for this run: what it keeps ends with it.";

function explain(error: NodeJS.ErrnoException, store = ""): never {
  const hint = error.code === "EADDRINUSE" ? " Choose another one: npx hipflask demo --port 5556" : "";
  throw new UsageError(error.message.replace(`STORE=${store}`, `STORE=${shown(store)}`) + hint, {
    cause: error,
  });
}

async function ended(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined || signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

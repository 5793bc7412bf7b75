import { type Command, Option } from "commander";
import { type Io, UsageError } from "../io.ts";
import { withKeys } from "../key-options.ts";
import { type KeyOptions, keysOf, type NamedKey } from "../keys.ts";
import type { SessionStore } from "../../session/index.ts";
import type { MigrateOptions } from "../stores/migrate.ts";
import type { RevokeOptions } from "../stores/revoke.ts";

const STORES = `
Stores: file:FOLDER, sqlite:FILE, postgres://, mysql://, redis://, redis-cluster://HOST,HOST, mongodb://, dynamodb:TABLE,
memcached://. Behind a question mark: table, prefix, collection, endpoint, region. The driver is that of your own project.
A URL with a password is best kept in the environment: "$SESSION_STORE".`;

export function register(program: Command, io: Io): void {
  const sessions = program
    .command("sessions")
    .description("list, show, end, clean up and move the sessions in a store");
  withRecords(sessions.command("list"))
    .description("list the sessions in a store")
    .argument("<store>", "the URL of the store")
    .option("-u, --user <id>", "those of one user")
    .option("--json", "answer with JSON, an object a line")
    .addHelpText("after", `\nExample:\n  npx hipflask sessions list redis://localhost --user 42\n${STORES}`)
    .action((url: string, options: RecordOptions & { user?: string; json?: true }) =>
      withStore(url, options, io, async (store, keys) =>
        (await import("../stores/list.ts")).list(store, keys, options, io),
      ),
    );
  withRecords(sessions.command("show"))
    .description("show a session with what it holds")
    .argument("<store>", "the URL of the store")
    .argument("<handle>", "which one, as `sessions list` shows it")
    .option("--json", "answer with JSON")
    .addHelpText("after", `\nExample:\n  npx hipflask sessions show sqlite:app.db "$HANDLE"\n${STORES}`)
    .action((url: string, handle: string, options: RecordOptions & { json?: true }) =>
      withStore(url, options, io, async (store, keys) =>
        (await import("../stores/show.ts")).show(store, keys, handle, options, io),
      ),
    );
  withRecords(sessions.command("revoke"))
    .description("end sessions, for good")
    .argument("<store>", "the URL of the store")
    .argument("[handles...]", "which ones, as `sessions list` shows them")
    .option("-u, --user <id>", "all of one user; may be said again", (id, before: string[] = []) => [
      ...before,
      id,
    ])
    .option("--all", "all of everybody")
    .option("--yes", "with --all: yes, I mean it")
    .option("--json", "answer with JSON")
    .addHelpText("after", `\nExample:\n  npx hipflask sessions revoke "$SESSION_STORE" --user 42\n${STORES}`)
    .action((url: string, handles: string[], options: RecordOptions & RevokeOptions) =>
      withStore(url, options, io, async (store, keys) =>
        (await import("../stores/revoke.ts")).revoke(store, keys, handles, options, io),
      ),
    );
  sessions
    .command("cleanup")
    .description("remove the records of sessions that have ended, a thousand at a time")
    .argument("<store>", "the URL of the store")
    .option("--json", "answer with JSON")
    .addHelpText("after", `\nExample:\n  npx hipflask sessions cleanup postgres://localhost/app\n${STORES}`)
    .action((url: string, options: { json?: true }) =>
      withStore(url, undefined, io, async (store) =>
        (await import("../stores/cleanup.ts")).cleanup(store, options, io),
      ),
    );
  sessions
    .command("migrate")
    .description(
      "copy all sessions of one store into another; can be done again, and goes on where it stopped",
    )
    .argument("<from>", "the URL of the store that has them")
    .argument("<to>", "the URL of the store that is to have them; it is made where it is missing")
    .option("--after <place>", "go on where an attempt has stopped")
    .option("--json", "answer with JSON")
    .addHelpText(
      "after",
      `\nExample:\n  npx hipflask sessions migrate file:./sessions redis://localhost\n${STORES}`,
    )
    .action((from: string, to: string, options: MigrateOptions) => migrate(from, to, options, io));
}

interface RecordOptions extends KeyOptions {
  readonly encrypted?: true;
}

function withRecords(command: Command): Command {
  return withKeys(
    command.addOption(
      new Option("--encrypted", "the records are encrypted (encryptAtRest), with the keys that are given"),
    ),
  );
}

type Work = (store: SessionStore, keys: readonly NamedKey[] | undefined) => Promise<void>;

async function withStore(url: string, options: RecordOptions | undefined, io: Io, work: Work): Promise<void> {
  const keys = options?.encrypted ? await keysOf(options, io) : undefined;
  if (keys?.length === 0)
    throw new UsageError(
      "There is no key to read encrypted records with. Give it: SECRET_KEY in the environment, --keys-file, or --key.",
    );
  const { openStore } = await import("../stores/open.ts");
  const { store, close } = await openStore(url, io.cwd);
  try {
    await work(store, keys);
  } finally {
    await close();
  }
}

async function migrate(from: string, to: string, options: MigrateOptions, io: Io): Promise<void> {
  const [{ openStore }, { migrate: copy }] = await Promise.all([
    import("../stores/open.ts"),
    import("../stores/migrate.ts"),
  ]);
  if (from === to) throw new UsageError("Both stores are the same.");
  const source = await openStore(from, io.cwd);
  try {
    const target = await openStore(to, io.cwd, { make: true });
    await copy(source.store, target.store, options, io).finally(target.close);
  } finally {
    await source.close();
  }
}

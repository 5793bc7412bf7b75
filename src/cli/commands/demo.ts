import { type Command, Option } from "commander";
import type { DemoOptions } from "../demo.ts";
import type { Io } from "../io.ts";

export function register(program: Command, io: Io): void {
  program
    .command("demo")
    .description("start the demo: cookies, sessions and logins, seen from inside, in your browser")
    .option("-p, --port <number>", "where it listens; 0: any free port (default: PORT, or 5555)")
    .addOption(
      new Option("-s, --storage <kind>", "where sessions are at first (default: STORAGE, or signed)").choices(
        ["signed", "encrypted", "server"],
      ),
    )
    .option("--store <name>", "the store that they are in, which says --storage server; its URL is STORE_URL")
    .addHelpText(
      "after",
      `
Examples:
  npx hipflask demo
  STORE_URL=redis://localhost npx hipflask demo --store redis --port 8000

It listens on this machine alone, unless HOST says something else, and keeps nothing when it ends.`,
    )
    .action(async (options: DemoOptions) => (await import("../demo.ts")).demo(options, io));
}

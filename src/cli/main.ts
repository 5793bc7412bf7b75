#!/usr/bin/env node
import { EXIT } from "./io.ts";
import { run } from "./program.ts";

const { argv, stdin, stdout, stderr, env } = process;
const interruption = new AbortController();
const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal: interruption.signal, exitCode: 0 };

/** What was opened meanwhile may keep the process alive. */
let isDone = false;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interruption.abort();
    setTimeout(() => process.exit(isDone ? io.exitCode : EXIT.interrupted), 1000).unref();
  });
}

// Whoever reads the answer may stop before its end, as `head` does; a disk may be full.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(io.exitCode);
  stderr.write(`error: The answer cannot be written: ${error.code}.\n`);
  process.exit(EXIT.bad);
});
stderr.on("error", () => process.exit(io.exitCode || EXIT.bad));

await run(argv.slice(2), io);
isDone = true;
process.exitCode = io.exitCode;

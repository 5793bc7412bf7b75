#!/usr/bin/env node
import { run } from "./program.ts";

/** What shells say of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

const { argv, stdin, stdout, stderr, env } = process;
const interruption = new AbortController();
const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal: interruption.signal, exitCode: 0 };

process.once("SIGINT", () => {
  interruption.abort();
  setTimeout(() => process.exit(INTERRUPTED), 1000).unref();
});

// Whoever reads the answer may stop before its end, as `head` does.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(io.exitCode);
});

await run(argv.slice(2), io);
process.exitCode = io.exitCode;

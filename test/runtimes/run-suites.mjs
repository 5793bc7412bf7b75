/** Runs the suites that neutral-suites.ts has made one file of, whose URL is the argument, and prints what came of it as JSON. */
const { run } = await import(process.argv[2]);
// What a test has left open must not keep this running.
process.stdout.write(`${JSON.stringify(await run())}\n`, () => process.exit());

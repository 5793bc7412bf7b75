import { startDemo } from "./start.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));

try {
  const { url, notes } = await startDemo(process.env, process.cwd());
  for (const note of notes) console.log(note);
  console.log(`hipflask demo on ${url}`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = code === "EADDRINUSE" ? " Choose another one: PORT=5556 npm start" : "";
  console.error(message + hint);
  process.exit(1);
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { SECRET } from "./common.mjs";
import { PYTHON } from "../../lib/needs.mjs";

export const servers = {
  "flask bare": () => gunicorn("bare"),
};

export const stored = {
  "flask + Flask-Session Redis": ({ redis }) => gunicorn("sessions", { REDIS_URL: redis }),
};

/** An application of `flask_app.py`. Threads, because gunicorn's plain workers close the connection after each answer. */
async function gunicorn(app, env = {}) {
  const options = ["-b", "127.0.0.1:0", "-k", "gthread", "--threads", "20", "--keep-alive", "60"];
  const child = spawn(PYTHON, ["-m", "gunicorn", ...options, `flask_app:${app}`], {
    cwd: import.meta.dirname,
    env: { SECRET_KEY: SECRET, PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => child.kill());
  const [port, worker] = await announced(child);
  return { port, usage: () => usageOf(worker) };
}

/** When it listens, its port and the process that does the work. */
async function announced(child) {
  let output = "";
  child.stderr.setEncoding("utf8");
  for (;;) {
    const [text] = await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
    output += text;
    if (child.exitCode !== null) throw new Error(`gunicorn ended:\n${output}`);
    const port = /Listening at: http:\S+:(\d+)/.exec(output)?.[1];
    const worker = /Booting worker with pid: (\d+)/.exec(output)?.[1];
    if (worker !== undefined) {
      child.stderr.resume();
      return [Number(port), worker];
    }
  }
}

/** Microseconds of CPU that the process's threads have used: the kernel's own sum has ticks of ten milliseconds. */
function usageOf(pid) {
  const tasks = `/proc/${pid}/task`;
  const times = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/schedstat`, "latin1"));
  const nanoseconds = times.reduce((sum, time) => sum + Number(time.split(" ", 1)[0]), 0);
  return { user: nanoseconds / 1000, system: 0 };
}

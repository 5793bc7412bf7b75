import { fileURLToPath } from "node:url";
import { type RunningServer, startServer } from "./server-process.ts";

/** Debian's, which has Flask; the `python3` on PATH may be another one. */
export const PYTHON = "/usr/bin/python3";

/** `test/interop/flask_app.py` under gunicorn. The keys must not hold a comma. */
export function startFlask(secretKey: string, fallbacks: readonly string[] = []): Promise<RunningServer> {
  return startGunicorn("flask_app", { SECRET_KEY: secretKey, SECRET_KEY_FALLBACKS: fallbacks.join(",") });
}

/** `test/interop/flask_session_app.py` under gunicorn; `env` is what it reads. */
export function startFlaskSession(
  env: Readonly<Record<string, string>>,
  python: string,
): Promise<RunningServer> {
  return startGunicorn("flask_session_app", env, python);
}

/** `test/interop/flask_login_app.py` under gunicorn. */
export function startFlaskLogin(secretKey: string, protection: string): Promise<RunningServer> {
  return startGunicorn("flask_login_app", { SECRET_KEY: secretKey, SESSION_PROTECTION: protection });
}

/** `test/interop/flask_https_app.py` under gunicorn. */
export function startFlaskBehindHttps(secretKey: string): Promise<RunningServer> {
  return startGunicorn("flask_https_app", { SECRET_KEY: secretKey });
}

function startGunicorn(
  module: string,
  env: Readonly<Record<string, string>>,
  python: string = PYTHON,
): Promise<RunningServer> {
  return startServer({
    program: python,
    args: ["-m", "gunicorn", "-b", "127.0.0.1:0", "-w", "1", `${module}:app`],
    cwd: fileURLToPath(new URL("../interop/", import.meta.url)),
    env: { ...env, PYTHONDONTWRITEBYTECODE: "1" },
    announcement: /Listening at: (http:\S+)/,
  });
}

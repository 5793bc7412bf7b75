import { fileURLToPath } from "node:url";
import { type RunningServer, startServer } from "./server-process.ts";

/** Debian's, which has Flask; the `python3` on PATH may be another one. */
export const PYTHON = "/usr/bin/python3";

/** `test/interop/flask_app.py` under gunicorn. The keys must not hold a comma. */
export function startFlask(secretKey: string, fallbacks: readonly string[] = []): Promise<RunningServer> {
  return startServer({
    program: PYTHON,
    args: ["-m", "gunicorn", "-b", "127.0.0.1:0", "-w", "1", "flask_app:app"],
    cwd: fileURLToPath(new URL("../interop/", import.meta.url)),
    env: {
      SECRET_KEY: secretKey,
      SECRET_KEY_FALLBACKS: fallbacks.join(","),
      PYTHONDONTWRITEBYTECODE: "1",
    },
    announcement: /Listening at: (http:\S+)/,
  });
}

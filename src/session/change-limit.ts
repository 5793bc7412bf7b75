import { ConfigError } from "../errors.ts";

/** How long the function of one `session.update` may take. */
const MAX_CHANGE_MS = 5000;

/** An application's function that waits for the session itself must not hold up everybody for ever: then undefined. */
export async function soon<T>(changing: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), MAX_CHANGE_MS);
  });
  try {
    return await Promise.race([changing, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As {@link soon}, and nothing else: a function that takes too long is refused. @throws ConfigError */
export async function inTime<T>(changing: Promise<T>): Promise<T> {
  const done = await soon(changing.then((value) => ({ value })));
  if (done === undefined) throw tooSlow();
  return done.value;
}

/** What such a function is told. */
export function tooSlow(): ConfigError {
  return new ConfigError(
    `The function given to session.update took longer than ${MAX_CHANGE_MS / 1000} seconds; nothing was saved. It must only change the data: fetch before, and do not use the session in it.`,
  );
}

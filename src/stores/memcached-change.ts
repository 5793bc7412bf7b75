import type { MemcachedConnection, MemcachedItem } from "./memcached-client.ts";

/** Others may write a record between the two steps of a change. So many times in a row they do not. */
const ATTEMPTS = 100;

/** Memcached takes it for an instant that is over. */
const AT_ONCE = -1;

/** What somebody who is to be told `answer` does before it: puts a value in the place of the one that was found. */
export interface Decision<T> {
  readonly answer: T;
  readonly write?: { readonly value: Uint8Array; readonly exptime: number };
}

/** Something that is over at once: what was found is ended, and only if it is still the same. */
export const OVER = { value: new Uint8Array(0), exptime: AT_ONCE };

/** Decides by what there is, as often as somebody else changes it before the decision is carried out. */
export async function change<T>(
  server: MemcachedConnection,
  name: string,
  decide: (item: MemcachedItem) => Decision<T>,
  none: T,
): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const item = await server.gets(name);
    if (item === undefined) return none;
    const { answer, write } = decide(item);
    if (write === undefined || (await server.cas(name, write.value, write.exptime, item.token)))
      return answer;
  }
  throw new Error(
    `Memcached answered ${ATTEMPTS} times that a record had just changed. A proxy that reads from one server and writes to another does that.`,
  );
}

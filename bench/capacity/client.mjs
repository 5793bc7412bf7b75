/**
 * The process that uses one store, with 32 calls under way at once. Its arguments: the store, where it is, and whose records it
 * keeps. It is asked to `fill` the store, and then for a `round` of loads and saves, several times.
 */
import { keyOf, recordOf } from "./records.mjs";
import { STORES } from "./stores.mjs";

const AT_ONCE = 32;

const [name, place, kind] = process.argv.slice(2);
let opened;

const answers = {
  /** Bytes that each of so many records takes. */
  async fill(count) {
    opened = await STORES[name](JSON.parse(place));
    const { store, filler = store, bytes, filled } = opened;
    await store.setup?.();
    const before = await bytes();
    await inParallel(count, (number) => filler.create(keyOf(kind, number), recordOf(number), new Date()));
    const after = await bytes();
    await filled?.();
    return { bytes: (after - before) / count };
  },

  /** Loads and saves per second, of so many of the records that are there. */
  async round({ from, count }) {
    const numbers = Array.from({ length: count }, (_, i) => from + i);
    const keys = numbers.map((number) => keyOf(kind, number));
    const records = numbers.map((number) => recordOf(number));
    const versions = [];
    const load = await perSecond(count, async (i) => {
      versions[i] = (await opened.store.load(keys[i], new Date())).version;
    });
    const save = await perSecond(count, async (i) => {
      const { outcome } = await opened.store.save(keys[i], versions[i], records[i], new Date());
      if (outcome !== "saved") throw new Error(`a save was answered with ${outcome}`);
    });
    return { load, save };
  },
};

async function perSecond(count, work) {
  const start = performance.now();
  await inParallel(count, work);
  return (count * 1000) / (performance.now() - start);
}

async function inParallel(count, work) {
  let next = 0;
  const line = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

process.on("message", async ([question, about]) => {
  try {
    process.send(await answers[question](about));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on("disconnect", () => process.exit());
process.send("ready");

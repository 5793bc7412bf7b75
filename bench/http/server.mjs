/** One variant's server. Says its port when it listens, then answers questions on what its process has used. */
import { setTimeout as delay } from "node:timers/promises";

const [name, backends] = process.argv.slice(2);
const [framework] = name.split(" ", 1);

const answers = {
  /** Microseconds of CPU. */
  usage: () => process.cpuUsage(),

  /** Bytes that are still held after everything else was let go. */
  async memory() {
    for (let round = 0; round < 4; round++) {
      await delay(50);
      globalThis.gc();
    }
    const { heapUsed, external } = process.memoryUsage();
    return { bytes: heapUsed + external };
  },
};

const { servers, stored, adapters } = await import(`./servers/${framework}.mjs`);
const { port, ...own } = await { ...servers, ...stored, ...adapters }[name](JSON.parse(backends));
Object.assign(answers, own);
process.on("message", async (question) => process.send(await answers[question]()));
process.on("disconnect", () => process.exit());
process.send({ port });

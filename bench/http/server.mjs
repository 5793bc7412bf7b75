/** One variant's server process. Says its port when it listens, then answers each message with the CPU time it has used. */
import { variants } from "./variants.mjs";

const port = await variants.get(process.argv[2]).start();
process.on("message", () => process.send(process.cpuUsage()));
process.on("disconnect", () => process.exit());
process.send({ port });

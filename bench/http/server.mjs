/** One variant's server. Says its port when it listens, then answers each message with the CPU time it has used. */
const [name] = process.argv.slice(2);
const [framework] = name.split(" ", 1);

const { servers } = await import(`./servers/${framework}.mjs`);
const port = await servers[name]();
process.on("message", () => process.send(process.cpuUsage()));
process.on("disconnect", () => process.exit());
process.send({ port });

import { availableParallelism, cpus, loadavg } from "node:os";

/** What the figures were measured with. */
export function machine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.replace(/\s+/g, " ") ?? "unknown CPU",
    cores: availableParallelism(),
    load: Number(loadavg()[0].toFixed(2)),
  };
}

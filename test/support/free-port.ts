import { createServer } from "node:net";

/**
 * A port of this machine that nobody listens on. It is below the range from which the system takes the ports of outgoing
 * connections, so that a server finds it free again after a restart; so is, for Redis Cluster's bus, the one 10,000 above.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 11_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

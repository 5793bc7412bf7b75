import { createServer } from "node:http";

/** @returns {Promise<{ origin: string, close: () => void }>} a server on a free port of this machine */
export function listen(listener) {
  const server = createServer(listener);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        origin: `http://127.0.0.1:${server.address().port}`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

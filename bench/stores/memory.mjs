/** What a session takes in the memory of its server. */
import { bareOf, startLoad, startServer } from "../http/serving.mjs";

const SESSIONS = 100_000;
/** Milliseconds. */
const TIME_ENOUGH = 600_000;

export async function memory(names, { log }) {
  log("filling memory with sessions");
  const load = await startLoad();
  try {
    const rows = [];
    for (const name of names) {
      const used = await bytesWith(name, "newcomers", SESSIONS, load);
      const bare = await bytesWith(bareOf(name), "sessionless", 1000, load);
      rows.push([name, Math.round((used - bare) / SESSIONS)]);
    }
    const title = `Memory for ${SESSIONS.toLocaleString("en")} sessions of 106 bytes of data`;
    const [[ours, bytes]] = rows;
    return {
      tables: [{ title, columns: ["variant", "bytes of heap and buffers per session"], rows }],
      goals: [{ goal: `bytes per session of ${ours}`, limit: 350, ratio: bytes }],
    };
  } finally {
    load.stop();
  }
}

async function bytesWith(name, kind, requests, load) {
  const server = await startServer(name);
  try {
    await load.ask({
      crowd: `${name} in memory`,
      kind,
      browsers: 10,
      port: server.greeting.port,
      ms: TIME_ENOUGH,
      atMost: requests,
    });
    return (await server.ask("memory")).bytes;
  } finally {
    server.stop();
  }
}

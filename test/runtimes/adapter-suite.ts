/** The adapter suite and the store suite on whatever runtime this is; the runner is node:test, which Node, Bun and Deno have. */
import { test } from "node:test";
import { webSessions } from "../../src/adapters/web.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { adapterSuite, storeSuite } from "../../src/testing/index.ts";

const spaces = new Map<string, MemoryStore>();

storeSuite({
  test: (name, run) => test(`MemoryStore: ${name}`, run),
  async open(space) {
    const store = spaces.get(space) ?? new MemoryStore();
    spaces.set(space, store);
    return { store, close: async () => void spaces.delete(space) };
  },
  capabilities: { owners: true, deleteAll: true, list: true },
});

adapterSuite({
  test: (name, run) => test(`webSessions: ${name}`, run),
  capabilities: { keepsOnError: false, plainErrors: true },
  serve: async ({ sessions, respond, onError }) => {
    const handle = webSessions(sessions, (request: Request) => respond(request, request));
    return {
      async fetch(request) {
        try {
          return await handle(request);
        } catch (error) {
          if (onError === undefined) throw error;
          return onError(error);
        }
      },
    };
  },
});

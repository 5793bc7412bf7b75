/** What every server does that is tormented, beside what those of the other benchmarks do. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { routes } from "../http/servers/routes.mjs";

/** Makes 6 KB of base64. */
const LARGE = 4608;

/**
 * @typedef {{ json: object } | { location: string } | { chunks: AsyncIterable<string> }} Answer
 *
 * @param {import("../http/servers/routes.mjs").Usage} usage
 * @returns {(url: string, context: any) => Promise<Answer>} answers a request by its path
 */
export function tortureApp(usage) {
  const others = routes(usage);
  const handlers = {
    /** By reading, adding 1, and writing. */
    "/add-plainly": async (context, { wait }) => {
      const pause = () => delay(Number(wait));
      await usage.change(context, "n", (n) => (n ?? 0) + 1, pause);
      return { json: {} };
    },
    "/push": async (context, { saving }) => {
      await usage.push(context, saving !== undefined);
      return { json: {} };
    },
    "/large": async (context) => {
      await usage.change(context, "large", () => randomBytes(LARGE).toString("base64"), nothing);
      return { json: {} };
    },
    "/redirect": async (context) => {
      await usage.change(context, "redirected", () => "yes", nothing);
      return { location: "/read?key=redirected" };
    },
    "/stream": async (context) => ({ chunks: streamed(context) }),
  };

  /** Writes into the session when the headers have left. */
  async function* streamed(context) {
    yield "begun ";
    await delay(20);
    try {
      await usage.change(context, "streamed", () => "yes", nothing);
    } catch {
      yield "refused ";
    }
    yield "ended";
  }

  return async (url, context) => {
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    const handler = handlers[pathname];
    return handler === undefined
      ? { json: await others(url, context) }
      : handler(context, Object.fromEntries(searchParams));
  };
}

const nothing = () => {};

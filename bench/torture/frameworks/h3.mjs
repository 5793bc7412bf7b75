import { H3, redirect, toNodeHandler } from "h3";
import { listen } from "../listen.mjs";
import { streamOf } from "./web.mjs";

export function serveH3(app) {
  const server = new H3({ silent: true });
  server.get("/**", async (event) => {
    const { json, location, chunks } = await app(event.req.url, event);
    if (location !== undefined) return redirect(location);
    return chunks === undefined ? json : streamOf(chunks);
  });
  return listen(toNodeHandler(server));
}

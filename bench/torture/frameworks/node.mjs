import { pipeline } from "node:stream/promises";
import { listen } from "../listen.mjs";

/**
 * An application on Node's own server. `wrap` puts the sessions around its handler and is the one who answers errors;
 * `contextOf` gives what the sessions take for a request.
 */
export function serveNode(app, { wrap = answeringErrors, contextOf = (request) => request }) {
  const handler = async (request, response) => {
    const { json, location, chunks } = await app(request.url, contextOf(request, response));
    if (chunks !== undefined) await pipeline(chunks, response);
    else if (location !== undefined) response.writeHead(302, { Location: location }).end();
    else response.setHeader("Content-Type", "application/json").end(JSON.stringify(json));
  };
  return listen(wrap(handler));
}

function answeringErrors(handler) {
  return (request, response) => {
    handler(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  };
}

import { ReadableStream, TextEncoderStream } from "node:stream/web";
import { getRequestListener } from "@hono/node-server";
import { listen } from "../listen.mjs";

/** Whatever turns a Request into a Response. */
export function serveWeb(fetch) {
  const errorHandler = () => new Response(null, { status: 500 });
  return listen(getRequestListener(fetch, { overrideGlobalObjects: false, errorHandler }));
}

/** The Response that an answer stands for. */
export function responseOf({ json, location, chunks }) {
  if (location !== undefined) return new Response(null, { status: 302, headers: { Location: location } });
  return chunks === undefined ? Response.json(json) : new Response(streamOf(chunks));
}

export function streamOf(chunks) {
  return ReadableStream.from(chunks).pipeThrough(new TextEncoderStream());
}

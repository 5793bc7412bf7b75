import { Readable } from "node:stream";
import { fastify } from "fastify";
import { listen } from "../listen.mjs";

/** A Fastify application; `register` adds the sessions. */
export async function serveFastify(register, app) {
  const server = fastify();
  register(server);
  server.get("/*", async (request, reply) => {
    const { json, location, chunks } = await app(request.url, request);
    if (location !== undefined) return reply.redirect(location);
    return chunks === undefined ? json : reply.send(Readable.from(chunks));
  });
  await server.ready();
  return listen(server.routing);
}

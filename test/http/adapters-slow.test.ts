import { adapterSuite } from "./adapter-suite.ts";
import { honoAlone, overNetwork, webAlone } from "./subjects.ts";
import { slow } from "./storages.ts";

for (const protocol of ["http1", "http2"] as const) adapterSuite(overNetwork("node", protocol, slow));
for (const adapter of ["hono", "express", "fastify", "koa", "h3"] as const)
  adapterSuite(overNetwork(adapter, "http1", slow));
adapterSuite(webAlone(slow));
adapterSuite(honoAlone(slow));

import { adapterSuite } from "./adapter-suite.ts";
import { honoAlone, overNetwork, webAlone } from "./subjects.ts";

for (const adapter of ["web", "node", "hono"] as const) {
  for (const protocol of ["http1", "http2"] as const) adapterSuite(overNetwork(adapter, protocol));
}
adapterSuite(webAlone);
adapterSuite(honoAlone);

import { adapterSuite } from "./adapter-suite.ts";
import { honoAlone, overNetwork, webAlone } from "./subjects.ts";
import { slow } from "./storages.ts";

for (const protocol of ["http1", "http2"] as const) adapterSuite(overNetwork("node", protocol, slow));
adapterSuite(overNetwork("hono", "http1", slow));
adapterSuite(webAlone(slow));
adapterSuite(honoAlone(slow));

import { adapterSuite } from "./adapter-suite.ts";
import { everySubject } from "./subjects.ts";
import { signed } from "./storages.ts";

for (const subject of everySubject(signed)) adapterSuite(subject);

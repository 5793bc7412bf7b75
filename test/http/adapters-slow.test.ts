import { adapterSuite } from "./adapter-suite.ts";
import { everySubject } from "./subjects.ts";
import { slow } from "./storages.ts";

for (const subject of everySubject(slow)) adapterSuite(subject);

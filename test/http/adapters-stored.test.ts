import { adapterSuite } from "./adapter-suite.ts";
import { everySubject } from "./subjects.ts";
import { stored } from "./storages.ts";

for (const subject of everySubject(stored)) adapterSuite(subject);

import { storeSuite } from "./store-suite.ts";
import { everySubject } from "./subjects.ts";
import { stored } from "./storages.ts";

for (const subject of everySubject(stored)) storeSuite(subject);

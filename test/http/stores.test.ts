import { storeSuite } from "./store-suite.ts";
import { careless } from "./subjects.ts";
import { stored } from "./storages.ts";

for (const subject of careless(stored)) storeSuite(subject);

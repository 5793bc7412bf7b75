import { describe } from "vitest";
import { cacheSuite } from "./cache-suite.ts";
import { failureSuite } from "./failure-suite.ts";
import { requestSuite } from "./request-suite.ts";
import type { Subject } from "./serving.ts";
import { writeSuite } from "./write-suite.ts";

/** What every adapter must do, whatever its framework is. */
export function adapterSuite(subject: Subject): void {
  describe(subject.name, () => {
    writeSuite(subject);
    cacheSuite(subject);
    requestSuite(subject);
    failureSuite(subject);
  });
}

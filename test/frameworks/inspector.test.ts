import { test } from "vitest";
import type { FrameworkName } from "../app/frameworks.ts";
import { quiet } from "../http/quiet.ts";
import { answersForTheInspector, answersThisMachine, serving } from "../inspector/mount-suite.ts";
import { COMPILED } from "../inspector/mounts.ts";
import { describeFramework } from "./framework-suite.ts";

for (const [name, mount] of Object.entries(COMPILED)) {
  describeFramework(name as FrameworkName, `the inspector in ${name}`, () => {
    quiet();
    test("answers", () => answersForTheInspector(serving(mount)), 60_000);
    test("answers this machine alone, without a guard", () => answersThisMachine(name, serving(mount)));
  });
}

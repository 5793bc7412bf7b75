import { adapterSuite } from "hipflask/testing";
import { describe, test } from "vitest";
import { quiet } from "./quiet.ts";
import { subjects } from "./subjects.ts";

describe.each(subjects())("$name", (subject) => {
  quiet();
  adapterSuite({ test, ...subject });
});

import { adapterSuite } from "hipflask/testing";
import { describe, test } from "vitest";
import { quiet } from "./quiet.ts";
import { http2Subjects } from "./subjects.ts";

describe.each(http2Subjects())("$name", (subject) => {
  quiet();
  adapterSuite({ test, ...subject });
});

import { expect, test } from "vitest";
import { vectors } from "../../test/support/vectors.ts";
import { sessionIdentifier } from "./identifier.ts";

interface Identifier {
  id: string;
  kind: string;
  remote_addr: string | null;
  user_agent_latin1: string | null;
  x_forwarded_for_utf8: string | null;
  _id: string;
  main_0_7: { _id: string };
}

const identifiers = vectors<Identifier>("flask_login").filter(({ kind }) => kind === "identifier");

test("the vectors are there", () => {
  expect(identifiers.length).toBe(53);
});

test.each(identifiers)("$id is Flask-Login's, in both versions", (vector) => {
  const facts = {
    address: vector.remote_addr ?? undefined,
    userAgent: vector.user_agent_latin1 ?? undefined,
    // What a server reads of these bytes: a character for each.
    forwardedFor:
      vector.x_forwarded_for_utf8 === null
        ? undefined
        : Buffer.from(vector.x_forwarded_for_utf8, "utf8").toString("latin1"),
  };
  expect(sessionIdentifier(facts, "0.6")).toBe(vector._id);
  expect(sessionIdentifier(facts, "0.7")).toBe(vector.main_0_7._id);
});

test("an address with blanks in it takes no time", () => {
  const forwardedFor = `a${" ".repeat(200_000)}b`;
  const start = performance.now();
  sessionIdentifier({ address: undefined, forwardedFor, userAgent: undefined }, "0.6");
  expect(performance.now() - start).toBeLessThan(1000);
});

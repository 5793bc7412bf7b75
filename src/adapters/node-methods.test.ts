import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createSessions } from "../session/index.ts";
import { serverSide } from "../session/server-side/server-side.ts";
import { MemoryStore } from "../stores/memory.ts";
import { beginOnNode } from "./node-begin.ts";
import { intercept, type Layer } from "./node-methods.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

const secretKey = "x8Jq2vN5tR7wZ1yC4bM6kP9sD3fG0hLq";

function response(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

/** How many bytes of 3.2 million are still there when the garbage of young objects was collected. */
function survivors(begin: (request: IncomingMessage, response: ServerResponse) => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200; i++) {
    const made = response();
    Object.assign(made, { weight: Array.from({ length: 2000 }, () => i) });
    begin(made.req, made);
  }
  collect({ type: "minor" });
  collect({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

test.each([
  ["that is sent at once", createSessions({ secretKey })],
  ["that waits for its store", createSessions({ storage: serverSide(new MemoryStore()) })],
])("a response %s goes with its request, and not with the next full collection", (_name, sessions) => {
  expect(survivors((request, made) => beginOnNode(sessions, request, request, made))).toBeLessThan(1_000_000);
});

test("of several layers the last one is asked first, whatever stands between them", () => {
  const target = response();
  const calls: string[] = [];
  class Noting implements Layer {
    readonly #before = intercept(target, ["end"], this);
    readonly #name: string;

    constructor(name: string) {
      this.#name = name;
    }

    call(_method: "end", args: unknown[]): unknown {
      calls.push(this.#name);
      return this.#before.end.apply(target, args);
    }
  }
  void new Noting("first");
  const { end } = target;
  target.end = function foreign(this: ServerResponse, ...args: unknown[]) {
    calls.push("foreign");
    return (end as (...all: unknown[]) => ServerResponse).apply(this, args);
  } as typeof end;
  void new Noting("last");
  target.end("text");
  expect(calls).toEqual(["last", "foreign", "first"]);
  expect(target.writableEnded).toBe(true);
});

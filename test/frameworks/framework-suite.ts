import { adapterSuite, type AdapterCapabilities, TestClient } from "../../src/testing/index.ts";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { App } from "../app/adapters.ts";
import { conformanceSuite } from "../app/conformance-suite.ts";
import { frameworkListener, type FrameworkName, load } from "../app/frameworks.ts";
import { quiet } from "../http/quiet.ts";
import { overNode } from "../http/subjects.ts";
import type { Runtime } from "../support/client.ts";
import { describeInstalled } from "../support/installed.ts";
import { type ExampleServer, startExample } from "./example-server.ts";

/** Tests that need a framework. */
export function describeFramework(name: FrameworkName, title: string, tests: () => void): void {
  describePrepared(title, () => load(name), tests);
}

function describePrepared(title: string, prepare: () => Promise<unknown>, tests: () => void): void {
  describeInstalled("frameworks", title, () => {
    // What beforeAll is given back it calls in the end.
    beforeAll(async () => void (await prepare()), 600_000);
    tests();
  });
}

export interface FrameworkTraits {
  readonly capabilities?: AdapterCapabilities;
  /** What it speaks. Default: HTTP/1.1 and HTTP/2. */
  readonly protocols?: readonly ("http1" | "http2")[];
  /** What runs the conformance app. Default: this Node. */
  readonly runtime?: Runtime;
}

/** The conformance app with each storage, and what is asked of every adapter, both through an application that the framework has built. */
export function frameworkSuite(
  name: FrameworkName,
  { capabilities, protocols = ["http1", "http2"], runtime }: FrameworkTraits = {},
): void {
  describeFramework(name, name, () => {
    for (const storage of ["encrypted", "signed", "server", "flask"])
      conformanceSuite(name, storage, runtime);

    const [caring, careless] = (["caring", "careless"] as const).map(
      (kind) => (app: App) => frameworkListener(name, kind, app),
    );
    describe.for(protocols)("the adapter over %s", (protocol) => {
      quiet();
      adapterSuite({ test, ...overNode(name, protocol, caring!, careless!, capabilities) });
    });
  });
}

/** How an example is started that was built for production, with a client of its own for each test. */
type Start = () => Promise<{ readonly client: TestClient; readonly origin: string }>;

/** Tests of an example, which has hipflask as its users get it. */
export function describeExample(name: FrameworkName, title: string, tests: (start: Start) => void): void {
  let server: ExampleServer | undefined;
  describePrepared(
    title,
    async () => {
      server = await startExample(name);
    },
    () => {
      afterAll(() => server?.stop());
      tests(async () => {
        const { origin } = server!;
        return { client: new TestClient(origin), origin };
      });
    },
  );
}

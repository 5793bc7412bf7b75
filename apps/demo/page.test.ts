import { MemoryStore } from "hipflask/stores/memory";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { faultyStore } from "../../test/support/faulty-store.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { createApp } from "./app.ts";
import { type Bench, DemoBrowser } from "./demo-browser.ts";
import { accountTests } from "./page-tests/account.ts";
import { attributeTests } from "./page-tests/attributes.ts";
import { inspectorTests } from "./page-tests/inspector.ts";
import { looksTests } from "./page-tests/looks.ts";
import { overviewTests } from "./page-tests/overview.ts";
import { parallelTests } from "./page-tests/parallel.ts";
import { sessionTests } from "./page-tests/session.ts";
import { storeTests } from "./page-tests/store.ts";
import { encryptedPlace, signedPlace, storedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

describeWith("chromium", "the pages in Chromium", () => {
  const bench = {} as Bench;
  // A browser takes its time on a machine that has other work.
  vi.setConfig({ testTimeout: 90_000 });

  beforeAll(async () => {
    const keys = { secretKey: "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA", secretKeyFallbacks: [] };
    const store = faultyStore(new MemoryStore(), (operation, proceed) =>
      bench.fault === undefined ? proceed() : bench.fault(operation, proceed),
    );
    const listless = new Proxy(new MemoryStore(), {
      get: (target, name) => {
        const method = name === "listOwned" ? undefined : Reflect.get(target, name);
        return typeof method === "function" ? method.bind(target) : method;
      },
    });
    const places = [
      signedPlace(keys),
      encryptedPlace(keys),
      storedPlace("memory", store),
      storedPlace("memcached", listless),
    ] as const;
    bench.browser = await DemoBrowser.start(createApp(demoOf(...places)));
  }, 60_000);

  afterEach(async () => {
    bench.fault = undefined;
    await bench.browser.leave();
  });

  afterAll(async () => {
    vi.resetConfig();
    await bench.browser.close();
  });

  overviewTests(bench);
  sessionTests(bench);
  storeTests(bench);
  attributeTests(bench);
  parallelTests(bench);
  accountTests(bench);
  inspectorTests(bench);
  looksTests(bench);
});

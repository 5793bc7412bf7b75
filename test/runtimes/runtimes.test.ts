import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformanceSuite } from "../app/conformance-suite.ts";
import { onNode, type Runtime, startApp } from "../support/client.ts";
import { describeInstalled } from "../support/installed.ts";
import { bundleSuites } from "./neutral-suites.ts";
import { folder, PROGRAMS, run } from "./programs.ts";

const LONG = process.env["HIPFLASK_LONG"] === "1";
const PLAIN = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" };

const WORKERD: Runtime = {
  name: "workerd",
  isIsolated: true,
  command: [process.execPath, `${folder}workerd.mjs`],
};

/** What some tests measure or make their data with, and workerd does not have. */
const LACKING = /process\.cpuUsage method is not implemented|^XAES-256-GCM.* random messages together/;

/** One visitor of slow-worker.ts. */
interface SlowApp {
  /** The status and the body of the answer to the visitor; rejects when none comes. */
  ask(path: string): Promise<[status: number, text: string]>;
  /** What the store does from now on. */
  set(query: string): Promise<unknown>;
}

describeInstalled("runtimes", "Suites on other runtimes", () => {
  const BUN = [PROGRAMS.Bun, "test"] as const;
  const DENO = [PROGRAMS.Deno, "test", "--allow-all", "--no-check"] as const;
  const NODE = [PROGRAMS["Node 24"]] as const;

  const runs = async ([program, ...args]: readonly string[], file: string, DRIVER: string) => {
    const env = { ...PLAIN, DRIVER };
    const output = await run(program!, [...args, file], { cwd: folder, env, maxBuffer: 1 << 26 }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error) => {
        throw new Error(`${error.message}\n${error.stdout}`);
      },
    );
    // The runners' own counts: "ℹ pass 67", "67 pass" and "67 passed".
    const passed = /pass (\d+)|(\d+) pass/.exec(output);
    return Number(passed?.[1] ?? passed?.[2]);
  };

  describe("the tests of codecs, signatures and cookies, of an adapter and of a store", () => {
    let work: string;
    let file: string;
    beforeAll(() => {
      work = mkdtempSync(join(tmpdir(), "hipflask-suites-"));
      file = join(work, "suites.mjs");
      return bundleSuites(file);
    });
    afterAll(() => rmSync(work, { recursive: true }));

    /** With fewer, some were not found. */
    const LEAST = 10_000;

    test.concurrent.for([
      ...(LONG ? (["Node 22", "Node 24"] as const).map((name) => [name, [PROGRAMS[name]]] as const) : []),
      ["Node 26", [PROGRAMS["Node 26"]]],
      ["Bun", [PROGRAMS.Bun]],
      ["Deno", [PROGRAMS.Deno, "run", "--allow-all", "--no-check"]],
    ] as const)("%s passes", { timeout: 300_000 }, async ([, [program, ...args]]) => {
      const command = [...args, join(folder, "run-suites.mjs"), pathToFileURL(file).href];
      const { stdout } = await run(program, command, { env: PLAIN, maxBuffer: 1 << 26 });
      const { passed, failures } = JSON.parse(stdout);
      expect(failures).toEqual([]);
      expect(passed).toBeGreaterThan(LEAST);
    });

    test.concurrent("workerd passes", { timeout: 300_000 }, async () => {
      const worker = await startApp({ WORKER: file }, WORKERD);
      try {
        const { passed, failures } = await (await fetch(worker.origin)).json();
        expect(failures.filter((failure: string) => !LACKING.test(failure))).toEqual([]);
        expect(passed).toBeGreaterThan(LEAST);
      } finally {
        await worker.stop();
      }
    });
  });

  describe("a Worker with a store over the network", () => {
    const SOURCE = join(folder, "slow-worker.ts");

    async function using(env: Record<string, string>, work: (app: SlowApp) => Promise<void>): Promise<void> {
      const worker = await startApp({ SOURCE, ...env }, WORKERD);
      const get = (path: string, init?: RequestInit) => fetch(worker.origin + path, init);
      try {
        const [setCookie] = (await get("/write")).headers.getSetCookie();
        const headers = { cookie: setCookie!.split(";")[0]! };
        await work({
          ask: async (path) => {
            const response = await get(path, { headers, signal: AbortSignal.timeout(5000) });
            return [response.status, await response.text()];
          },
          set: (query) => get(`/store?${query}`),
        });
      } finally {
        await worker.stop();
      }
    }

    test.for([{}, { OLDEST: "1" }])("loses no write of requests that come together: %o", (env) =>
      using(env, async ({ ask, set }) => {
        await set("delay=30");
        for (const path of ["/update", "/write"]) {
          const answers = await Promise.all(Array.from({ length: 6 }, () => ask(path)));
          expect(answers.map(([status]) => status)).toEqual(Array(6).fill(200));
        }
        const [, before] = await ask("/");
        expect(Number(before)).toBeGreaterThanOrEqual(8);
        expect(await ask("/update")).toEqual([200, String(Number(before) + 1)]);
      }),
    );

    test("answers while the store fails or says nothing, and serves again once it works", () =>
      using({}, async ({ ask, set }) => {
        await set("delay=0&fails");
        for (let i = 0; i < 7; i++) expect(await ask("/")).toEqual([503, "Service Unavailable"]);
        await set("delay=60000");
        await delay(600);
        expect(await ask("/")).toEqual([503, "Service Unavailable"]);
        await set("delay=0");
        await delay(600);
        for (let i = 0; i < 3; i++) expect(await ask("/")).toEqual([200, "1"]);
      }));
  });

  test.for([
    ["Node 24", "node:sqlite", NODE],
    ["Node 24", "better-sqlite3", NODE],
    ["Bun", "bun:sqlite", BUN],
    ["Bun", "node:sqlite", BUN],
    ["Bun", "better-sqlite3", BUN],
    ["Deno", "node:sqlite", DENO],
    ["Deno", "better-sqlite3", DENO],
  ] as const)("%s passes the store suite with %s", { timeout: 60_000 }, async ([, driver, command]) => {
    expect(await runs(command, "./sqlite-suite.ts", driver)).toBeGreaterThan(60);
  });
});

const RUNTIMES: Runtime[] = [
  ...(["Node 22", "Node 24", "Node 26"] as const).map((name) => onNode(name, PROGRAMS[name])),
  { name: "Bun", command: [PROGRAMS.Bun, "--conditions=@hipflask/source"] },
  {
    name: "Deno",
    command: [PROGRAMS.Deno, "run", "--allow-all", "--no-check", "--conditions=@hipflask/source"],
  },
];

describeInstalled("runtimes", "Other runtimes", () => {
  for (const storage of ["encrypted", "signed", "server", "flask"]) conformanceSuite("web", storage, WORKERD);

  for (const runtime of RUNTIMES) {
    conformanceSuite("web", "encrypted", runtime);
    conformanceSuite("node", "signed", runtime);
    conformanceSuite("node", "server", runtime);
    conformanceSuite("hono", "flask", runtime);
    if (!LONG) continue;
    for (const adapter of ["express", "express4", "fastify", "koa", "h3", "react-router"])
      for (const storage of ["encrypted", "signed", "server"]) conformanceSuite(adapter, storage, runtime);
  }
});

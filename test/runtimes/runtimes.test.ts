import { expect, test } from "vitest";
import { conformanceSuite } from "../app/conformance-suite.ts";
import { onNode, type Runtime } from "../support/client.ts";
import { describeInstalled } from "../support/installed.ts";
import { folder, PROGRAMS, run } from "./programs.ts";

describeInstalled("runtimes", "The suites of hipflask/testing on other runtimes", () => {
  const BUN = [PROGRAMS.Bun, "test"] as const;
  const DENO = [PROGRAMS.Deno, "test", "--allow-all", "--no-check"] as const;
  const node = (name: "Node 22" | "Node 24" | "Node 26") => [PROGRAMS[name]] as const;

  const runs = async ([program, ...args]: readonly string[], file: string, DRIVER = "") => {
    const env = { ...process.env, DRIVER, NODE_OPTIONS: "", NO_COLOR: "1" };
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

  test.for([
    ["Node 22", node("Node 22")],
    ["Node 24", node("Node 24")],
    ["Node 26", node("Node 26")],
    ["Bun", BUN],
    ["Deno", DENO],
  ] as const)(
    "%s passes the adapter suite, and the store suite in memory",
    { timeout: 120_000 },
    async ([, command]) => {
      expect(await runs(command, "./adapter-suite.ts")).toBeGreaterThan(200);
    },
  );

  test.for([
    ["Node 24", "node:sqlite", node("Node 24")],
    ["Node 24", "better-sqlite3", node("Node 24")],
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

const WORKERD: Runtime = {
  name: "workerd",
  isIsolated: true,
  command: [process.execPath, `${folder}workerd.mjs`],
};

describeInstalled("runtimes", "Other runtimes", () => {
  for (const storage of ["encrypted", "server", "flask"]) conformanceSuite("web", storage, WORKERD);

  for (const runtime of RUNTIMES) {
    conformanceSuite("web", "encrypted", runtime);
    conformanceSuite("node", "server", runtime);
    conformanceSuite("hono", "flask", runtime);
    if (process.env["HIPFLASK_LONG"] !== "1") continue;
    for (const adapter of ["express", "express4", "fastify", "koa", "h3", "react-router"])
      for (const storage of ["encrypted", "signed", "server"]) conformanceSuite(adapter, storage, runtime);
  }
});

import { defineConfig } from "vitest/config";

/** They keep the machine busy with servers and processes of their own, so they run one at a time, after the others. */
const HEAVY = [
  "test/races/**/*.test.ts",
  "src/stores/**/*.test.ts",
  "src/cli/stores/*.test.ts",
  "apps/demo/stores.test.ts",
  "test/docs/code-blocks.test.ts",
  "test/docs/start.test.ts",
  "test/package/demo.test.ts",
  "examples/stores.test.ts",
];

/** They load frameworks that change the globals of their thread, so each file has one of its own, after all others. */
const FRAMEWORKS = ["test/frameworks/*.test.ts"];

export default defineConfig({
  resolve: { conditions: ["@hipflask/source"] },
  ssr: { resolve: { conditions: ["@hipflask/source"] } },
  test: {
    pool: "threads",
    isolate: false,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: "light",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "apps/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [...HEAVY, ...FRAMEWORKS, "**/node_modules/**", "**/.build/**"],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "heavy", include: HEAVY, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          name: "frameworks",
          include: FRAMEWORKS,
          isolate: true,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@hipflask/source"] },
  ssr: { resolve: { conditions: ["@hipflask/source"] } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "apps/**/*.test.ts", "examples/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});

import { isBuiltin } from "node:module";
import { beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { compilePrograms, type Program, runPrograms, writePrograms } from "./code-blocks.ts";
import { PAGES, read } from "./pages.ts";
import { runFragments } from "./run-fragments.ts";

const PROBE = `# A page with mistakes

\`\`\`ts
import { createSessions } from "hipflask";

createSessions({ lifetime: "14 days" });
\`\`\`

<!-- context: session -->
\`\`\`ts
session.destroyed();
\`\`\`

<!-- context: app -->
\`\`\`ts
app.get("/", () => {
  throw new Error("for the visitor");
});
\`\`\`

\`\`\`ts
void Promise.reject(new Error("for nobody"));
\`\`\`
`;

/** The fragments that do not run: they are modules of Next.js, need what is not installed here, or are about a reader's own code (`Own`). */
const COMPILED_ONLY = [
  "docs/adapters.md lacks next",
  "docs/guides/fastify-secure-session.md lacks sodium-native",
  "docs/login.md lacks getSession",
  "docs/login.md lacks handler",
  "docs/start/next.md lacks next",
  "docs/start/next.md lacks next",
  "docs/start/next.md lacks next",
  "docs/start/next.md lacks next",
  "docs/start/next.md lacks next",
  "docs/stores.md lacks connect",
  // Node 20.
  ...(isBuiltin("node:sqlite") ? [] : ["docs/stores/sqlite.md lacks node:sqlite"]),
  "docs/testing.md lacks OwnFramework",
];

let programs: Program[];
beforeAll(() => {
  programs = writePrograms(
    new Map([...PAGES.map((path) => [path, read(path)] as const), ["probe.md", PROBE]]),
  );
});

const LONG = { timeout: 300_000 };

test("every block of code compiles", LONG, async () => {
  expect(await compilePrograms(programs)).toEqual([
    expect.stringMatching(/^probe\.md:11: .*destroyed/),
    expect.stringMatching(/^probe\.md:6: .*'string'/),
  ]);
});

test("every whole program does what it says", LONG, async () => {
  const whole = programs.filter(({ isWhole }) => isWhole);
  expect(whole.length).toBeGreaterThan(0);
  await runPrograms(whole);
});

describeWith(["mysql", "postgres", "redis"], "The fragments", () => {
  test("run in a request, with the databases that they name", LONG, async () => {
    const outcomes = await runFragments(programs.filter(({ isWhole }) => !isWhole));
    const others = outcomes.flatMap(({ place, lacks }) =>
      lacks ? [place.replace(/:.*/, ` lacks ${lacks}`)] : [],
    );
    expect(others.toSorted()).toEqual(COMPILED_ONLY);
    expect(outcomes.flatMap(({ errors }) => errors)).toEqual([
      expect.stringMatching(/^probe\.md:6: ConfigError/),
      expect.stringMatching(/^probe\.md:11: TypeError/),
      expect.stringMatching(/^probe\.md:17: Error: for the visitor/),
      expect.stringMatching(/^probe\.md:22: Error: for nobody/),
    ]);
  });
});

import { expect, test } from "vitest";
import { compilePrograms, runPrograms, writePrograms } from "./code-blocks.ts";
import { PAGES, read } from "./pages.ts";

const PROBE = `# A page with mistakes

\`\`\`ts
import { createSessions } from "hipflask";

createSessions({ lifetime: "14 days" });
\`\`\`

<!-- context: session -->
\`\`\`ts
session.destroyed();
\`\`\`
`;

test(
  "every block of code compiles, and every whole program does what it says",
  { timeout: 300_000 },
  async () => {
    const pages = new Map(PAGES.map((path) => [path, read(path)]));
    const programs = writePrograms(pages.set("probe.md", PROBE));
    expect(await compilePrograms(programs)).toEqual([
      expect.stringMatching(/^probe\.md:11: .*destroyed/),
      expect.stringMatching(/^probe\.md:6: .*'string'/),
    ]);
    const whole = programs.filter(({ isWhole, place }) => isWhole && !place.startsWith("probe"));
    expect(whole.length).toBeGreaterThan(0);
    await runPrograms(whole);
  },
);

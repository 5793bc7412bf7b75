import { expect, test } from "vitest";
import { commandsOf } from "./commands.ts";
import { measuredIn } from "./figures.ts";
import { PAGES, read } from "./pages.ts";

const PROBE = `# A page

A load took 0.05 ms.

## Sizes

It says \`npm run nothing\`.

| store | bytes | more |
|---|---:|---:|
| file | 12,498 | 16,489 |

## Measured

\`npm run bench -- sign\`

### Speeds

| store | load |
|---|---:|
| file | 2.92 ms, 68 ms |
`;

const withoutCommand = (page: string): string[] =>
  measuredIn(page)
    .filter(({ surroundings }) => commandsOf(surroundings).every(({ problem }) => problem !== undefined))
    .map(({ text }) => text.split("\n")[0]!);

test("a figure without a command is found", () => {
  expect(measuredIn(PROBE)).toHaveLength(3);
  expect(withoutCommand(PROBE)).toEqual(["A load took 0.05 ms.", "| store | bytes | more |"]);
});

test.each(PAGES)("%s names the command that each of its figures comes from", (page) => {
  expect(withoutCommand(read(page))).toEqual([]);
});

test.each(PAGES)("every command of the repository's that %s names is there", (page) => {
  const wrong = commandsOf(read(page)).filter(({ problem }) => problem !== undefined);
  expect(wrong).toEqual([]);
});

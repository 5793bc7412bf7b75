import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Which of these a file of each room may import. Whatever is not listed stands behind a wall. */
const targets = [
  "../encoding/x.ts",
  "../crypto/x.ts",
  "../cookie/x.ts",
  "../signer/x.ts",
  "../codec/x.ts",
  "../session/x.ts",
  "../flask/x.ts",
  "../stores/x.ts",
  "../adapters/x.ts",
  "../adapters/node.ts",
  "./node-exchange.ts",
  "./node.ts",
  "../errors.ts",
  "../clock.ts",
  "../index.ts",
  "../../encoding/x.ts",
  "../../codec/x.ts",
  "../../session/x.ts",
  "../../stores/x.ts",
  "../../errors.ts",
  "node:crypto",
  "node:http",
  "node:zlib",
  "node:async_hooks",
  "hono",
  "hipflask",
  "hipflask/cookie",
];

const bottom = ["../encoding/x.ts", "../crypto/x.ts", "../errors.ts", "../clock.ts"];
const siblings = ["./node.ts", "./node-exchange.ts"];
const session = ["../cookie/x.ts", "../signer/x.ts", "../codec/x.ts", ...siblings, ...bottom];
const adapter = ["../cookie/x.ts", "../session/x.ts", "../errors.ts", "../clock.ts", "hono"];
const node = ["node:http", "node:zlib", "node:async_hooks"];
/** Of a folder within a room, where `..` is the room itself. */
const part = [...siblings, "../errors.ts", "../clock.ts", "../index.ts", "../../errors.ts"];

const allowed: Readonly<Record<string, readonly string[]>> = {
  "encoding/file.ts": [...siblings, "../errors.ts", "../clock.ts", "node:zlib"],
  "encoding/part/file.ts": [...part, "node:zlib"],
  "crypto/file.ts": [...siblings, "../encoding/x.ts", "../errors.ts", "../clock.ts", "node:crypto"],
  "cookie/file.ts": [...siblings, ...bottom],
  "signer/file.ts": [...siblings, ...bottom],
  "browser/file.ts": [...siblings, "../cookie/x.ts", "../encoding/x.ts", "../errors.ts", "../clock.ts"],
  "browser/part/file.ts": [...part, "../../encoding/x.ts"],
  "codec/file.ts": [...siblings, "../signer/x.ts", ...bottom],
  "session/file.ts": [...session, "node:async_hooks"],
  "session/part/file.ts": [...part, "../../encoding/x.ts", "../../codec/x.ts"],
  "flask/file.ts": [...session, "../session/x.ts"],
  "login/file.ts": [...session, "../session/x.ts"],
  "migrate/file.ts": [...session, "../session/x.ts"],
  "inspector/file.ts": ["../cookie/x.ts", "../session/x.ts", ...siblings, ...bottom, "node:async_hooks"],
  "inspector/part/file.ts": [...part, "../../encoding/x.ts", "../../session/x.ts"],
  "stores/file.ts": [...siblings, ...bottom, ...node],
  "stores/part/file.ts": [...part, "../../encoding/x.ts", ...node],
  "testing/file.ts": [
    "../cookie/x.ts",
    "../session/x.ts",
    "../errors.ts",
    "../clock.ts",
    ...siblings,
    ...node,
  ],
  "testing/part/file.ts": [...part, "../../session/x.ts", ...node],
  "adapters/file.ts": [...adapter, ...node, "./node-exchange.ts"],
  "cli/file.ts": [
    ...session,
    "../session/x.ts",
    "../flask/x.ts",
    "../stores/x.ts",
    ...node,
    "../../encoding/x.ts",
    "../../codec/x.ts",
    "../../session/x.ts",
    "../../stores/x.ts",
    "../../errors.ts",
  ],
  "errors.ts": [],
  "clock.ts": [],
};

const core = ["encoding", "cookie", "signer", "codec", "session"];

const rules =
  "no-console|no-cycle|no-default-export|no-restricted-globals|no-restricted-imports|no-restricted-properties";

/** What the repository's own configuration refuses in `files` (paths below src), as `file:line rule`. */
function refused(files: Readonly<Record<string, readonly string[]>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "hipflask-rooms-"));
  try {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    for (const [file, lines] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, "src", file)), { recursive: true });
      writeFileSync(join(folder, "src", file), lines.join("\n"));
    }
    const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
    const { stdout } = spawnSync(process.execPath, [oxlint, "-f", "json"], { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
    };
    return diagnostics.flatMap(({ code, filename, labels }) => {
      const rule = new RegExp(`\\((${rules})\\)`).exec(code)?.[1];
      return rule ? `${filename.replace("src/", "")}:${labels[0]?.span.line} ${rule}` : [];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the walls between rooms", () => {
  const lines = targets.map((target, index) => `import { x as x${index} } from "${target}";`);
  const files = Object.keys(allowed);
  const found = refused(Object.fromEntries(files.map((file) => [file, lines])));

  test.each(files)("src/%s may import its listed rooms and nothing else", (file) => {
    const open = targets.filter((_, index) => !found.includes(`${file}:${index + 1} no-restricted-imports`));
    expect(open.toSorted()).toEqual(targets.filter((target) => allowed[file]?.includes(target)).toSorted());
  });

  test("a wall also stands before types, dynamic imports and whole modules", () => {
    const forms = [
      'import type { X } from "../session/x.ts";',
      'export type { X } from "../session/x.ts";',
      'export * from "../session/x.ts";',
      'export const x = import("../session/x.ts");',
    ];
    expect(refused({ "cookie/file.ts": forms })).toHaveLength(forms.length);
  });

  test("stores may import the types of session", () => {
    expect(
      refused({
        "stores/file.ts": ['import type { X } from "../session/x.ts";', "export type Y = X;"],
        "stores/part/file.ts": ['import type { X } from "../../session/x.ts";', "export type Y = X;"],
      }),
    ).toEqual([]);
  });

  test("files of one room do not import each other in a circle", () => {
    const circle = refused({
      "cookie/a.ts": ['import { b } from "./b.ts";', "export const a = () => b;"],
      "cookie/b.ts": ['import { a } from "./a.ts";', "export const b = () => a;"],
    });
    expect(circle.toSorted()).toEqual(["cookie/a.ts:1 no-cycle", "cookie/b.ts:1 no-cycle"]);
  });
});

describe("what no room does by itself", () => {
  const lines = [
    "export const now = Date.now();",
    "export const chance = Math.random();",
    "console.log(now);",
    "export const id = crypto.randomUUID();",
    "export const trimmed = `${chance}`.trim();",
    "export default id;",
  ];
  const found = refused(Object.fromEntries([...core, "adapters"].map((room) => [`${room}/file.ts`, lines])));
  const rulesIn = (room: string) =>
    found
      .filter((line) => line.startsWith(`${room}/`))
      .map((line) => line.replace(/^.*:/, ""))
      .toSorted();

  test.each(core)(
    "src/%s asks no clock but its Clock, draws no chance, logs nothing, exports no default",
    (room) => {
      expect(rulesIn(room)).toEqual([
        "1 no-restricted-properties",
        "2 no-restricted-properties",
        "3 no-console",
        "4 no-restricted-globals",
        "5 no-restricted-properties",
        "6 no-default-export",
      ]);
    },
  );

  test("src/adapters logs nothing and exports no default", () => {
    expect(rulesIn("adapters")).toEqual(["3 no-console", "6 no-default-export"]);
  });

  test("src/clock.ts asks the machine", () => {
    expect(refused({ "clock.ts": ["export const now = () => Date.now();"] })).toEqual([]);
  });
});

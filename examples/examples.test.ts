import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL(".", import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

function start(name: string, env: Record<string, string> = {}) {
  const child = spawn(
    process.execPath,
    ["--conditions=@hipflask/source", "--import", "tsx", new URL(name, folder).pathname],
    {
      env: { ...process.env, ...env },
    },
  );
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { child, exit, output: () => output };
}

/** What the table of README.md says of each. */
const rows = new Map(
  Array.from(
    readFileSync(new URL("README.md", folder), "utf8").matchAll(/^\| \[(.+?)\]\(\1\) \| (.+) \|$/gm),
    ([, name, idea]) => [name!, idea!],
  ),
);

/** Folders that are an application, and not a part of an example beside them. */
const APPLICATIONS = ["next", "nitro", "sveltekit"];

test("README.md has a row for each example and none for another, in its own words", () => {
  const stores = readdirSync(new URL("stores/", folder)).map((name) => `stores/${name}`);
  const files = [...examples, ...stores.filter((name) => name !== "stores/visit.ts")];
  expect([...rows.keys()].toSorted()).toEqual([...files, ...APPLICATIONS].toSorted());
  for (const name of files.filter((file) => file !== "app.ts")) {
    const [first] = readFileSync(new URL(name, folder), "utf8").split("\n");
    expect([`// ${rows.get(name)}`, `/** ${rows.get(name)} */`]).toContain(first);
  }
});

test("each framework and each store has one", () => {
  const { exports } = JSON.parse(readFileSync(new URL("../package.json", folder), "utf8"));
  const sources = codeOf(".").join("\n");
  const paths = Object.keys(exports).filter((path) => /^\.\/(adapters|stores)\/[\w-]+$/.test(path));
  expect(paths.filter((path) => !sources.includes(`"hipflask${path.slice(1)}"`))).toEqual([]);
});

test("none has a file of more than 60 lines", () => {
  expect(codeOf(".").filter((text) => text.trimEnd().split("\n").length > 60)).toEqual([]);
});

/** The text of each file of code below, but for tests. */
function codeOf(path: string): string[] {
  return readdirSync(new URL(path, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|tsx|svelte)$/.test(file) && !/\.test\.ts$|node_modules/.test(file))
    .map((file) => readFileSync(new URL(file, folder), "utf8"));
}

test.each(examples.filter((name) => name !== "app.ts"))("%s runs and finds what it expects", async (name) => {
  const { exit, output } = start(name);
  expect({ code: await exit, output: output() }).toMatchObject({ code: 0 });
});

test("the README begins with app.ts, and it works", async () => {
  const readme = readFileSync(new URL("../README.md", folder), "utf8");
  expect(/```ts\n(.*?)```/s.exec(readme)![1]).toBe(readFileSync(new URL("app.ts", folder), "utf8"));

  const { child, exit, output } = start("app.ts", {
    PORT: "0",
    SECRET_KEY: "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
  });
  await expect.poll(output, { timeout: 10_000 }).toMatch(/http:\/\/localhost:\d+/);
  const url = /http:\/\/localhost:\d+/.exec(output())![0];
  const jar = new Map<string, string>();
  const ask = async (path: string, method = "GET"): Promise<unknown> => {
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(url + path, { method, headers: { cookie }, redirect: "manual" });
    for (const header of response.headers.getSetCookie()) {
      const [name, value] = header.split(";")[0]!.split("=") as [string, string];
      jar.set(name, value);
    }
    return response.status === 302 ? ask(response.headers.get("Location")!) : response.json();
  };

  expect(await ask("/")).toEqual({ visits: 1, messages: [] });
  expect(await ask("/login/ada", "POST")).toEqual({
    user: "ada",
    visits: 2,
    messages: [{ category: "message", message: "Welcome back" }],
  });
  expect(await ask("/")).toEqual({ user: "ada", visits: 3, messages: [] });
  expect(await ask("/logout", "POST")).toEqual({ visits: 1, messages: [] });
  child.kill();
  await exit;
});

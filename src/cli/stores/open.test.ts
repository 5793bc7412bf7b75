import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cli } from "../../../test/support/cli.ts";
import { startDynamodb } from "../../../test/support/dynamodb-server.ts";
import { startMemcached } from "../../../test/support/memcached-server.ts";
import { openMongodb } from "../../../test/support/mongodb-server.ts";
import { MysqlServer } from "../../../test/support/mysql-server.ts";
import { PostgresServer } from "../../../test/support/postgres-server.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { startRedis, startRedisCluster } from "../../../test/support/redis-server.ts";
import { newSessionId, ownerTag } from "../../session/server-side/session-id.ts";
import { FileStore } from "../../stores/file.ts";

const cwd = fileURLToPath(new URL("../../../", import.meta.url));
const run = (...args: string[]) => cli(["sessions", ...args], { cwd });

interface Place {
  readonly url: string;
  close(): Promise<unknown>;
}

/** These take long to start; what is theirs alone is a line each. */
const LONG = new Set(["redis-cluster", "mysql", "dynamodb"]);

const PLACES: readonly (readonly [name: string, need: string | undefined, open: () => Promise<Place>])[] = [
  ["redis", "redis", () => startRedis()],
  [
    "redis-cluster",
    "redis",
    async () => {
      const cluster = await startRedisCluster();
      return {
        url: `redis-cluster://${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}?prefix=app:`,
        close: () => cluster.close(),
      };
    },
  ],
  ["postgres", "postgres", () => PostgresServer.start()],
  ["mysql", "mysql", () => MysqlServer.start()],
  ["mongodb", undefined, () => openMongodb()],
  [
    "dynamodb",
    undefined,
    async () => {
      const server = await startDynamodb();
      return {
        url: `dynamodb:app_sessions?endpoint=${server.url}&region=local`,
        close: () => server.close(),
      };
    },
  ],
  [
    "memcached",
    "memcached",
    async () => {
      const server = await startMemcached();
      return { url: `${server.url}/`, close: () => server.close() };
    },
  ],
];

for (const [name, need, open] of PLACES) {
  if (LONG.has(name) && process.env["HIPFLASK_LONG"] !== "1") continue;
  describeWith(need, `${name} by its URL, with the driver of the project`, () => {
    let place: Place;
    let folder: string;
    beforeAll(async () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
      folder = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
      place = await open();
      const store = new FileStore(join(folder, "from"), { durability: "fast" });
      await store.setup();
      const seen = new Date(Date.now() - 3000);
      for (let i = 0; i < 30; i++) {
        const user = i % 3 === 0 ? `user ${i % 2}` : undefined;
        const data = { _created: 1_795_000_000, ...(user && { _user_id: user }), n: i };
        const { key } = newSessionId(user && ownerTag(user));
        await store.create(
          key,
          { data: Buffer.from(JSON.stringify(data)), expires: new Date(Date.now() + 600_000) },
          seen,
        );
      }
    }, 120_000);
    afterAll(async () => {
      vi.unstubAllEnvs();
      await place.close();
      await rm(folder, { recursive: true });
    });

    test(
      "takes sessions over, lists them, ends them, and gives them back",
      { timeout: 120_000 },
      async () => {
        const from = `file:${join(folder, "from")}`;
        const moved = await run("migrate", from, place.url);
        expect(moved).toEqual({ code: 0, err: "", out: "30 copied, 0 updated, 0 there already\n" });
        expect((await run("migrate", from, place.url)).out).toBe("0 copied, 0 updated, 30 there already\n");
        if (name === "memcached") {
          expect(await run("list", place.url)).toMatchObject({
            code: 2,
            err: expect.stringContaining("cannot list"),
          });
          return;
        }
        const rows = async (url: string) => {
          const lines = (await run("list", url, "--json")).out.trimEnd().split("\n");
          return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        };
        const before = await rows(from);
        const listed = await rows(place.url);
        const what = (row: Record<string, unknown>) => `${row["handle"]} ${row["user"]} ${row["bytes"]}`;
        expect(listed.map(what).toSorted()).toEqual(before.map(what).toSorted());
        for (const { seen } of listed) expect(Date.now() - Date.parse(seen as string)).toBeGreaterThan(2000);
        const user = await run("list", place.url, "--json", "--user", "user 1");
        expect(user.out.trimEnd().split("\n")).toHaveLength(5);
        expect(await run("revoke", place.url, "--user", "user 1")).toMatchObject({ code: 0, err: "" });
        expect(await rows(place.url)).toHaveLength(25);
        expect(await run("cleanup", place.url)).toMatchObject({ code: 0, err: "" });
        await run("migrate", place.url, `file:${join(folder, "back")}`);
        expect(await rows(`file:${join(folder, "back")}`)).toHaveLength(25);
      },
    );
  });
}

describeWith("redis", "a Redis by its URL", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let folder: string;
  beforeAll(async () => {
    server = await startRedis();
    folder = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
  }, 60_000);
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** A project that has this driver alone. */
  async function projectWith(driver: string): Promise<string> {
    const modules = join(folder, driver, "node_modules");
    await mkdir(modules, { recursive: true });
    await symlink(join(cwd, "node_modules", driver), join(modules, driver));
    return join(folder, driver);
  }

  /** As a process, which must end: vitest would show the drivers' exports in another way, too. */
  async function list(project: string, url: string): Promise<{ code: unknown; err: string }> {
    const source = [
      "--conditions=@hipflask/source",
      "--import",
      import.meta.resolve("tsx"),
      join(cwd, "src/cli/main.ts"),
    ];
    const child = spawn(process.execPath, [...source, "sessions", "list", url], { cwd: project });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    const [code] = await once(child, "close");
    return { code, err };
  }

  test.each(["redis", "ioredis"])(
    "says why it cannot be used (%s)",
    async (driver) => {
      const project = await projectWith(driver);
      const node = await startRedis(["--cluster-enabled", "yes"]);
      const told = await list(project, node.url).finally(() => node.close());
      expect(told).toEqual({ code: 2, err: expect.stringContaining("Write redis-cluster://") });
      const { host } = new URL(server.url);
      for (const [url, code, message] of [
        [`redis://${host}/99`, 1, /out of range/],
        [`redis://somebody:wrong@${host}`, 1, /WRONGPASS|NOAUTH/],
        [`redis://${host}?prefix={x}`, 1, /braces/],
        [`redis://${host}/3`, 0, /^$/],
      ] as const)
        expect([url, await list(project, url)]).toEqual([url, { code, err: expect.stringMatching(message) }]);
    },
    60_000,
  );
});

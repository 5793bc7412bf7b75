import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Rig, RIGS } from "../../test/races/rigs.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { type RunningServer, startServer } from "../../test/support/server-process.ts";

for (const kind of RIGS) {
  const describeRig = kind.needs === undefined ? describe : describeWith.bind(undefined, kind.needs);
  describeRig(`the demo on the store ${kind.store}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "hipflask-demo-"));
    let rig: Rig;
    let demo: RunningServer;

    beforeAll(async () => {
      rig = await kind.start();
      const tsx = createRequire(import.meta.url).resolve("tsx");
      const main = fileURLToPath(new URL("main.ts", import.meta.url));
      demo = await startServer({
        program: process.execPath,
        args: ["--conditions=@hipflask/source", "--import", tsx, main],
        cwd: folder,
        env: { ...rig.env, PORT: "0" },
        announcement: /hipflask demo on (\S+)\n/,
      });
    }, 60_000);

    afterAll(async () => {
      await demo?.stop();
      await rig?.close();
      rmSync(folder, { recursive: true });
    });

    async function ask(path: string, Cookie: string, method = "GET") {
      const response = await fetch(demo.url + path, { method, headers: { Cookie } });
      return {
        cookie: response.headers.getSetCookie()[0]?.split(";")[0],
        json: JSON.parse(await response.text()),
      };
    }

    test("100 parallel visits count from 1 to 100, each once", async () => {
      const { cookie } = await ask("/sessions/hello", "");
      const visits = Array.from({ length: 100 }, () => ask("/sessions/count", cookie!));
      const values = (await Promise.all(visits)).map(({ json }) => json.session.session_value);
      expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    });

    test("20 parallel purchases sum up", async () => {
      const { cookie } = await ask("/sessions/hello", "");
      const purchases = Array.from({ length: 20 }, () => ask("/store/buy/muesli", cookie!, "POST"));
      const totals = (await Promise.all(purchases)).map(({ json }) => json.totals.session);
      expect(totals.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => 6 * (i + 1)));
      const { json } = await ask("/store", cookie!);
      expect(json).toMatchObject({ cart: [{ item: "muesli", quantity: 20 }], totals: { session: 120 } });
    });
  });
}

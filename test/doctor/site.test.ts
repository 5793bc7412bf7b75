import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { cli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import type { Fault } from "../../src/cli/doctor/fault.ts";
import { FAULTY } from "./faulty.ts";
import { session, sets, type Site, Sites } from "./sites.ts";

const hostOf = (index: number): string => `site${index}.test`;

describeWith("openssl", "the doctor", () => {
  let sites: Sites;

  beforeAll(async () => {
    const plain = sets([]);
    const all = FAULTY.map((site, index) => [hostOf(index), site] as const);
    sites = await Sites.start(
      new Map<string, Site>([
        ...all,
        ["elsewhere.test", { answer: plain }],
        ["good.test", { answer: session("__Host-session", "Path=/; Secure; HttpOnly; SameSite=Lax") }],
      ]),
    );
  });

  afterAll(() => sites.close());

  test.each(FAULTY.map(({ codes, url }, index) => [index, codes.join(", "), url] as const))(
    "finds what is wrong with server %i: %s",
    async (index, codes, url = (host) => `https://${host}/`) => {
      const { code, faults } = await sites.doctor(url(hostOf(index)));
      expect([...new Set(faults.map((fault) => fault.code))].toSorted().join(", ")).toBe(
        codes.split(", ").toSorted().join(", "),
      );
      expect(code).toBe(1);
    },
  );

  test("is shown forty servers and more", () => {
    expect(FAULTY.length).toBeGreaterThanOrEqual(40);
  });

  test("finds nothing where nothing is wrong", async () => {
    expect(await sites.doctor("https://good.test/")).toEqual({ code: 0, err: "", faults: [] });
  });

  test("shows no value", async () => {
    for (const index of FAULTY.keys()) {
      const { faults } = await sites.doctor(`https://${hostOf(index)}/`);
      expect(JSON.stringify(faults)).not.toMatch(
        /hunter2|ada@example|keyboard cat|0123456789abcdef|0b9d6f9e/i,
      );
    }
  });

  test("repeats no query, which may hold a token", async () => {
    const place = `good.test:443:127.0.0.1:${sites.port}`;
    const url = "https://good.test/?token=geheim";
    const { out } = await cli(["doctor", url, "--insecure", "--connect-to", place]);
    expect(out).toBe("Nothing is wrong with https://good.test/.\n");
  });

  test("refuses a certificate that nobody vouches for, unless told", async () => {
    const { code, err } = await cli(["doctor", `https://localhost:${sites.port}/`]);
    expect([code, err]).toEqual([3, expect.stringContaining("CERT")]);
  });
});

describe("the doctor finds its way", () => {
  test("to an address of IPv6", async () => {
    const server = createServer(sets([])).listen(0, "::1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const by = (from: string, url: string) => cli(["doctor", url, "--connect-to", `${from}:[::1]:${port}`]);
    try {
      for (const [from, url] of [
        ["LOCALHOST:80", "http://localhost/"],
        ["[::1]:81", "http://[::1]:81/"],
      ] as const)
        expect(await by(from, url)).toEqual({ code: 0, out: `Nothing is wrong with ${url}.\n`, err: "" });
    } finally {
      server.close();
    }
  });

  test("through an answer that never ends", { timeout: 20_000 }, async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { "Set-Cookie": "pref=1; Path=/" }).write("data: 1\n\n");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
      const { code, out } = await cli(["doctor", url, "--json"]);
      expect([code, (JSON.parse(out) as Fault[]).map((fault) => fault.code)]).toEqual([1, ["no-vary"]]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("the doctor's exit code", () => {
  test("3 where nobody answers", async () => {
    const { code, err } = await cli(["doctor", `http://127.0.0.1:${await freePort()}/`]);
    expect([code, err]).toEqual([3, expect.stringContaining("does not answer: ECONNREFUSED")]);
  });

  test.each([
    [["doctor"]],
    [["doctor", "example.com"]],
    [["doctor", "https://a.test", "--config", ".env"]],
    [["doctor", "https://a.test", "--connect-to", "x"]],
    [["doctor", "https://a.test", "--connect-to", "a.test:443:[::1:8443"]],
  ])("2 for wrong usage: %j", async (args) => {
    expect((await cli(args)).code).toBe(2);
  });
});

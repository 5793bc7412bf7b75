import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import {
  judgeCookieHeader,
  judgeSending,
  judgeSetCookie,
  type KeptCookie,
  type ResponseContext,
} from "./index.ts";

const URL_A = "https://a.test/";
const NOW = new Date("2026-11-27T12:00:00Z");

function codes(header: string, context: Partial<ResponseContext> = {}): string[] {
  const { findings } = judgeSetCookie(header, { url: URL_A, now: NOW, ...context });
  return findings.map(({ code }) => code).filter((code) => code !== "same-site-default");
}

function kept(header: string, context: Partial<ResponseContext> = {}): KeptCookie {
  return judgeSetCookie(header, { url: URL_A, now: NOW, ...context }).cookie!;
}

describe("a cookie that is set", () => {
  test("is kept with its defaults", () => {
    expect(kept("x=1", { url: "https://A.test/d/e?q" })).toEqual({
      name: "x",
      value: "1",
      domain: "a.test",
      hostOnly: true,
      path: "/d",
      secure: false,
      httpOnly: false,
      sameSite: undefined,
      expires: undefined,
      created: NOW,
      partition: undefined,
      embeddedBelow: undefined,
    });
  });

  test("for a suffix below which others have sites is refused, also github.io", () => {
    expect(codes("x=1; Domain=github.io", { url: "https://ada.github.io/" })).toContain("public-suffix");
    expect(codes("x=1; Domain=co.uk", { url: "https://ada.co.uk/" })).toContain("public-suffix");
    expect(codes("x=1; Domain=ada.co.uk", { url: "https://www.ada.co.uk/" })).toEqual(["domain-opens"]);
  });

  test("in the place of another one keeps the time of its creation", () => {
    const old = kept("x=1");
    const later = new Date(NOW.getTime() + 1000);
    const { replaces, cookie } = judgeSetCookie("x=2", { url: URL_A, now: later, existing: [old] });
    expect(replaces).toBe(old);
    expect(cookie).toMatchObject({ value: "2", created: NOW });
  });

  test("to delete one for another path says where that one is", () => {
    const existing = [kept("x=1; Path=/app")];
    const { findings } = judgeSetCookie("x=; Max-Age=0; Path=/", { url: URL_A, existing });
    expect(findings[0]).toMatchObject({
      code: "deletion-misses",
      message: expect.stringContaining("Path=/app"),
    });
  });

  test("as the 181st of its site is told so", () => {
    const existing = Array.from({ length: 180 }, (_, i) => kept(`x${i}=1`));
    expect(codes("new=1", { existing })).toContain("too-many-cookies");
    expect(codes("new=1", { existing: existing.slice(1) })).toEqual([]);
  });

  test("for exactly 400 days is not cut", () => {
    const days = (count: number) => codes(`x=1; Max-Age=${count * 86_400}`);
    expect([days(400), days(401)]).toEqual([[], ["lifetime-cut"]]);
  });

  test.each(["nonsense", "ftp://a.test/", "/path"])("at no whole URL (%s) is the caller's mistake", (url) => {
    expect(() => judgeSetCookie("x=1", { url })).toThrow(ConfigError);
  });

  test("never throws for what is no cookie, and shows no value", () => {
    for (const header of [
      "",
      ";",
      "=;=;=",
      "\0",
      "hunter2=hunter2; hunter2=hunter2; Domain=\xff",
      "a=hunter2; p4ss hunter2",
    ]) {
      const { findings } = judgeSetCookie(header, { url: URL_A });
      expect(JSON.stringify(findings.map(({ message, fix }) => message + fix))).not.toContain("p4ss");
    }
  });
});

describe("a cookie that is sent", () => {
  const post = { url: URL_A, initiator: "https://b.test/", method: "post" };
  const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

  test("goes with other sites' forms for two minutes in Chromium, if it has no SameSite", () => {
    const cookie = kept("x=1");
    const young = judgeSending(cookie, { ...post, now: at(119) });
    expect([young.sentBy, young.findings[0]?.code]).toEqual([["chromium", "firefox"], "lax-post"]);
    const old = judgeSending(cookie, { ...post, now: at(120) });
    expect([old.sentBy, old.findings[0]?.code]).toEqual([["firefox"], "same-site-lax"]);
  });

  test("is forgotten when its time is over", () => {
    const cookie = kept("x=1; Max-Age=60");
    expect(judgeSending(cookie, { url: URL_A, now: at(59) }).sent).toBe(true);
    expect(judgeSending(cookie, { url: URL_A, now: at(60) }).findings[0]?.code).toBe("expired");
  });

  test("does not go to a host whose name only ends like its own, or to an address", () => {
    const cookie = kept("x=1; Domain=a.test");
    expect(judgeSending(cookie, { url: "https://nota.test/" }).sent).toBe(false);
    expect(judgeSending({ ...cookie, domain: "0.0.1" }, { url: "http://127.0.0.1/" }).sent).toBe(false);
  });
});

describe("a Cookie header", () => {
  test("is told its doubles, its nameless parts and its sizes", () => {
    const { cookies, findings } = judgeCookieHeader(`a=1; a=2; bare; big=${"x".repeat(8000)}`);
    expect(findings.map(({ code }) => code)).toEqual(["duplicate-name", "header-too-large"]);
    expect(cookies.map(({ name, size, findings: own }) => [name, size, own.map(({ code }) => code)])).toEqual(
      [
        ["a", 2, []],
        ["a", 2, []],
        ["", 4, ["nameless"]],
        ["big", 8003, ["too-large"]],
      ],
    );
  });

  test("without anything to be said, or without anything, is fine", () => {
    expect(judgeCookieHeader("a=1; b=2").findings).toEqual([]);
    expect(judgeCookieHeader(undefined)).toEqual({ cookies: [], findings: [] });
  });
});

test("docs/browsers.md has every code, and no other", () => {
  const docs = readFileSync(new URL("../../docs/browsers.md", import.meta.url), "utf8");
  const files = [
    "judge-cookie-header.ts",
    ...readdirSync(new URL("rules", import.meta.url)).map((file) => `rules/${file}`),
  ];
  const source = files.map((file) => readFileSync(new URL(file, import.meta.url), "utf8")).join("\n");
  const used = new Set(
    [...source.matchAll(/findings\.(?:refuse|warn|note)\(\s*"([a-z-]+)"/g)].map(([, code]) => code),
  );
  const told = new Set([...docs.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, code]) => code));
  expect([...used].toSorted()).toEqual([...told].toSorted());
});

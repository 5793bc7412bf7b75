import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judgeSending, judgeSetCookie } from "../../src/browser/index.ts";
import type { ResponseContext } from "../../src/browser/context.ts";
import type { KeptCookie } from "../../src/browser/kept-cookie.ts";
import type { Browser } from "../../src/browser/verdict.ts";
import { describeWith } from "../support/provisioned.ts";
import { startChromium } from "./chromium.ts";
import { startFirefox } from "./firefox.ts";
import type { RealBrowser, ShownCookie } from "./real-browser.ts";
import { SiteServer } from "./site-server.ts";
import { SENDING, SETTING, type Situation, type Step } from "./situations.ts";

interface Subject {
  readonly title: string;
  readonly browser: Browser;
  readonly start: () => Promise<RealBrowser>;
  readonly thirdPartyCookies: "allowed" | "blocked";
  readonly situations: (all: readonly Situation[]) => readonly Situation[];
}

const SUBJECTS: readonly Subject[] = [
  {
    title: "Chromium",
    browser: "chromium",
    start: startChromium,
    thirdPartyCookies: "allowed",
    situations: (all) => all,
  },
  {
    title: "a private window of Chromium, for other sites' pages,",
    browser: "chromium",
    start: () => startChromium(true),
    thirdPartyCookies: "blocked",
    situations: (all) => all.filter(({ steps }) => steps.some(({ from }) => from === "https://b.test/")),
  },
  {
    title: "Firefox",
    browser: "firefox",
    start: () => startFirefox(),
    thirdPartyCookies: "allowed",
    situations: (all) => all,
  },
];

/** What the engine is told of a step. */
function contextOf(
  { how, url, from }: Step,
  { thirdPartyCookies }: Subject,
  existing: readonly KeptCookie[] = [],
): ResponseContext {
  const isNavigation = ["visit", "link", "form"].includes(how);
  const page = from === undefined ? {} : isNavigation ? { initiator: from } : { topLevelUrl: from };
  const method = how === "form" || how === "fetch-post" ? "POST" : "GET";
  return { url, ...page, method, isNavigation, isFromScript: how === "script", thirdPartyCookies, existing };
}

/** The cookies that the engine says this browser has after a step. */
function after(step: Step, before: readonly KeptCookie[], subject: Subject): readonly KeptCookie[] {
  const { browser } = subject;
  let kept = before;
  for (const header of step.set ?? []) {
    const { storedBy, findings, cookie, replaces } = judgeSetCookie(header, contextOf(step, subject, kept));
    const isRefused = findings.some(
      ({ level, browsers }) => level === "refused" && browsers.includes(browser),
    );
    if (!isRefused) kept = kept.filter((other) => other !== replaces);
    if (cookie !== undefined && storedBy.includes(browser)) kept = [...kept, cookie];
  }
  return kept;
}

/**
 * What both can tell of a cookie; its life is given or taken some minutes. Firefox takes a value without a name for a name.
 */
function lineOf(cookie: KeptCookie | ShownCookie): string {
  const { name, value, domain, path, secure, httpOnly, sameSite, expires } = cookie;
  const host = "hostOnly" in cookie && !cookie.hostOnly ? `.${domain}` : domain;
  const end = expires instanceof Date ? expires.getTime() / 1000 : expires;
  const life = end === undefined ? "session" : Math.round((end - Date.now() / 1000) / 600);
  return [name + value, host, path, secure, httpOnly, sameSite, life].join(" ");
}

for (const subject of SUBJECTS) {
  const { title, browser, start, situations } = subject;
  describeWith([browser, "openssl"], `what the engine says of cookies is what ${title} does`, () => {
    let site: SiteServer;
    let window: RealBrowser;
    let words = 0;

    beforeAll(async () => {
      site = await SiteServer.start();
      window = await start();
    }, 120_000);

    afterAll(async () => {
      await window.close();
      site.close();
    });

    beforeEach(() => window.clear());

    /** Goes through a step; gives what was sent with it. */
    async function perform({ how, url, from, set = [] }: Step): Promise<string> {
      const word = `${(words += 1)}`;
      const target = site.url(url, word, how === "script" ? [] : set);
      if (from !== undefined) await window.visit(site.url(from));
      const quoted = JSON.stringify(target);
      if (how === "visit") await window.visit(target);
      else if (how === "link") await window.runAndLeave(`location.href = ${quoted}`, target);
      else if (how === "form") await window.runAndLeave(postTo(quoted), target);
      else if (how === "frame") await window.run(frameOf(quoted));
      else if (how === "script") {
        await window.visit(target);
        for (const text of set) await window.run(`document.cookie = ${JSON.stringify(text)}`);
        return (await window.run("return document.cookie")) as string;
      } else {
        const method = how === "fetch" ? "GET" : "POST";
        await window.run(
          `await fetch(${quoted}, { method: "${method}", mode: "no-cors", credentials: "include" })`,
        );
      }
      return site.seen(word)!;
    }

    describe("setting", () => {
      test.each(titled(situations(SETTING)))("%s", async (_, { steps }) => {
        let kept: readonly KeptCookie[] = [];
        for (const step of steps) {
          await perform(step);
          kept = after(step, kept, subject);
        }
        const shown = await window.cookies();
        expect(shown.map(lineOf).toSorted()).toEqual(kept.map(lineOf).toSorted());
      });
    });

    describe("sending", () => {
      test.each(titled(situations(SENDING)))("%s", async (_, { steps }) => {
        let kept: readonly KeptCookie[] = [];
        for (const step of steps.slice(0, -1)) {
          await perform(step);
          kept = after(step, kept, subject);
        }
        const last = steps.at(-1)!;
        const sent = (await perform(last)).split("; ").filter((pair) => pair !== "");
        const expected = kept.filter((cookie) =>
          judgeSending(cookie, contextOf(last, subject)).sentBy.includes(browser),
        );
        expect(sent.toSorted()).toEqual(expected.map((cookie) => pairOf(cookie, browser)).toSorted());
      });
    });
  });
}

/** As it is sent. Of a value without a name Firefox makes a name without a value. */
function pairOf({ name, value }: KeptCookie, browser: Browser): string {
  if (name !== "") return `${name}=${value}`;
  return browser === "firefox" ? `${value}=` : value;
}

function titled(situations: readonly Situation[]): [string, Situation][] {
  return situations.map((situation) => [situation.title, situation]);
}

function postTo(url: string): string {
  return `const form = document.createElement("form"); form.method = "post"; form.action = ${url}; document.body.append(form); form.submit();`;
}

function frameOf(url: string): string {
  return `await new Promise((resolve) => { const frame = document.createElement("iframe"); frame.onload = resolve; frame.src = ${url}; document.body.append(frame); })`;
}

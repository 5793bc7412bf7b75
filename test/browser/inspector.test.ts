import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Browser } from "../../src/browser/verdict.ts";
import { describeWith } from "../support/provisioned.ts";
import { startChromium } from "./chromium.ts";
import { startFirefox } from "./firefox.ts";
import { InspectorSite } from "./inspector-site.ts";
import type { RealBrowser } from "./real-browser.ts";
import { complaints, shows as showsIn, until as untilIn } from "./shown.ts";

const DARK = { "ui.systemUsesDarkTheme": 1, "layout.css.prefers-color-scheme.content-override": 0 };

const SUBJECTS: readonly [Browser, () => Promise<RealBrowser>, paper: string][] = [
  ["chromium", startChromium, "rgb(251, 250, 248)"],
  ["firefox", () => startFirefox(DARK), "rgb(20, 22, 26)"],
];

/** Where a cookie is set, and a page of another site. */
const PLACES: [string, string][] = [
  ["https://a.test", "https://b.test"],
  ["http://localhost", "http://b.test"],
  ...(process.env["HIPFLASK_LONG"] === "1" ? [["http://a.test", "http://b.test"] as [string, string]] : []),
];

/** A `#` makes each name its own. */
const HEADERS = [
  "unset#=1",
  "lax#=1; SameSite=Lax",
  "strict#=1; SameSite=Strict",
  "none#=1; SameSite=None; Secure",
  "none#=1; SameSite=None",
  "secure#=1; Secure",
  "__Secure-a#=1",
  "__Host-a#=1; Secure; Path=/",
  "__Host-a#=1; Secure; Path=/elsewhere",
  "domain#=1; Domain=b.test",
  "path#=1; Path=/elsewhere",
  "chips#=1; SameSite=None; Secure; Partitioned",
  "chips#=1; Partitioned",
  "gone#=1; Max-Age=0",
  `large#=${"v".repeat(4096)}`,
  "http#=1; HttpOnly; SameSite=Strict; Secure",
].map((header, i) => header.replace("#", String(i)));

/** What the page says of a header, to people who use this browser. */
interface Said {
  readonly stored: boolean;
  /** For a click within the site, and another site's link, form and fetch; none where nobody stores it. */
  readonly sent: readonly boolean[];
}

/** Runs in the page: reads the verdict that stands there. */
const READ = `
  const refuses = (element) => [...element.querySelectorAll("li.refused")].some((li) => {
    const [, only] = [...li.querySelectorAll(".tag")].map((tag) => tag.textContent);
    return only === undefined || only === browser;
  });
  const verdict = document.querySelector("#why-not .verdict");
  const sentence = verdict.querySelector(".sentence").textContent;
  const list = verdict.querySelector(":scope > .findings");
  const sent = [...verdict.querySelectorAll(".sendings > li")].map((li) => !refuses(li));
  return { stored: !sentence.includes("deletes") && !(list && refuses(list)), sent };`;

/** Runs in the page: does something, and waits until what the server says to it stands there. */
const ANSWERED = `await new Promise((resolve, reject) => {
  const { fetch } = window;
  setTimeout(reject, 10000, new Error("Nothing is answered."));
  window.fetch = async (...args) => {
    // The page may look for something new just now.
    if (!args[0].includes("/verdict")) return fetch(...args);
    window.fetch = fetch;
    const response = await fetch(...args);
    const { sentence, findings, sendings } = await response.clone().json();
    const isShown = () => {
      const verdict = document.querySelector("#why-not .verdict");
      const pills = [...verdict.querySelectorAll(".sendings .pill")].map((pill) => pill.textContent);
      return verdict.querySelector(".sentence")?.textContent === sentence &&
        verdict.querySelectorAll(":scope > .findings > li").length === findings.length &&
        findings.every(({ message }) => verdict.textContent.includes(message)) &&
        pills.join() === sendings.map(({ sent }) => (sent ? "sent" : "not sent")).join();
    };
    const look = () => (isShown() ? resolve() : setTimeout(look, 5));
    setTimeout(look);
    return response;
  };
  ACT
});`;

for (const [browser, start, paper] of SUBJECTS) {
  describeWith([browser, "openssl"], `the inspector in ${browser}`, () => {
    let site: InspectorSite;
    let window: RealBrowser;
    let words = 0;

    beforeAll(async () => {
      site = await InspectorSite.start();
      window = await start();
    }, 120_000);

    afterAll(async () => {
      await window?.close();
      site?.close();
    });

    beforeEach(() => window.clear());

    const until = (condition: string) => untilIn(window, condition);
    const shows = (selector: string, text: string) => showsIn(window, selector, text);

    async function open(origin: string): Promise<void> {
      await window.visit(`${site.origin(origin)}/inspector/`);
      await until(`document.querySelector("#why-not form")`);
    }

    /** Fills the form, sends it, and reads what the page says. */
    async function ask(header: string, url: string, page = ""): Promise<Said> {
      const act = `
        const fields = document.querySelectorAll("#why-not :is(textarea, input)");
        ${JSON.stringify([`Set-Cookie: ${header}`, url, page])}.forEach((text, i) => {
          fields[i].value = text;
          fields[i].dispatchEvent(new Event("input", { bubbles: true }));
        });
        setTimeout(() => document.querySelector("#why-not form").requestSubmit());`;
      const body = `const browser = ${JSON.stringify(browser)}; ${ANSWERED.replace("ACT", () => act)} ${READ}`;
      return (await window.run(body)) as Said;
    }

    /** Of the cookies that live; Firefox forgets the others in its own time. */
    const names = async () => {
      const now = Date.now() / 1000;
      const all = await window.cookies();
      return all.filter(({ expires = Infinity }) => expires > now).map(({ name }) => name);
    };

    /** The cookies that come with a click within the site, and with another site's link, form and fetch. */
    async function sendings(origin: string, other: string): Promise<string[][]> {
      const found: string[][] = [];
      for (const [page, how] of [
        [origin, "link"],
        [other, "link"],
        [other, "form"],
        [other, "fetch"],
      ] as const) {
        const word = `?${(words += 1)}`;
        const target = `${site.origin(origin)}/echo${word}`;
        await window.visit(`${site.origin(page)}/`);
        if (how === "link") await window.runAndLeave(`location.href = "${target}"`, target);
        else if (how === "form") await window.runAndLeave(postTo(target), target);
        else await window.run(fetchOf(target));
        found.push(site.seen(word)!);
      }
      return found;
    }

    test.each(PLACES)(
      "on %s what it says is what the browser does, also for the pages of %s",
      async (origin, other) => {
        const target = new URL("/set", site.origin(origin));
        for (const header of HEADERS) target.searchParams.append("header", header);
        for (const page of ["", other]) {
          await window.clear();
          await open(origin);
          const said: Record<string, Said> = {};
          for (const header of HEADERS)
            said[nameOf(header)] = await ask(header, `${site.origin(origin)}/set`, page);

          await window.visit(`${site.origin(page || origin)}/`);
          await window.clear();
          if (page === "") await window.visit(target.href);
          else await window.run(fetchOf(target.href));
          const stored = await names();
          const sent = await sendings(origin, other);
          const done = HEADERS.map(nameOf).map((name) => {
            const isStored = stored.includes(name);
            // Where nobody keeps it, nothing is said of when it is sent.
            const isSent = said[name]!.sent.length === 0 ? [] : sent.map((all) => all.includes(name));
            return [name, { stored: isStored, sent: isSent }];
          });
          const sayings = HEADERS.map(nameOf).map((name) => {
            const { stored: isStored, sent: isSent } = said[name]!;
            return [name, { stored: isStored, sent: isSent.map((is) => is && isStored) }];
          });
          expect([page, sayings]).toEqual([page, done]);
        }
      },
      60_000,
    );

    test("shows a request as it happens, and why the browser took some of its cookies", async () => {
      const origin = "https://a.test";
      await open(origin);
      await shows("[role=status].live", "live");
      await window.run(`await fetch("/visit")`);
      await shows("#session h2", "good");
      await shows(".requests", "GET /visit");
      await window.run(`await fetch("/shop")`);
      await shows(".requests", "GET /shop");
      await window.run(`document.querySelector(".requests summary").click()`);
      const stored = await names();
      expect(stored).toContain("good");
      expect(stored).not.toContain("elsewhere");
      for (const name of ["good", "elsewhere", "secure", "strict"]) {
        const act = `[...document.querySelectorAll(".requests .set-cookie")]
          .find((cookie) => cookie.querySelector("code").textContent === "${name}").querySelector("button").click();`;
        const body = `const browser = ${JSON.stringify(browser)}; ${ANSWERED.replace("ACT", () => act)} ${READ}`;
        const { stored: isStored } = (await window.run(body)) as Said;
        expect([name, isStored]).toEqual([name, stored.includes(name)]);
      }
    });

    test("says where the browser keeps no cookie of its own", async () => {
      await open("http://a.test");
      await shows("#requests .alert", "Browsers keep no Secure cookie here");
      await window.run(`await fetch("/visit")`);
      expect(await names()).toEqual([]);
    });

    /** What has the focus. */
    const focused = () =>
      window.run(
        `const one = document.activeElement; return (one.labels?.[0] ?? one).textContent.trim();`,
      ) as Promise<string>;

    async function tabTo(text: string): Promise<void> {
      const passed: string[] = [];
      for (let presses = 0; presses < 60; presses++) {
        await window.press("Tab");
        const here = await focused();
        if (here.startsWith(text)) return;
        passed.push(here);
      }
      throw new Error(`The keyboard does not come to ${text}, but to ${passed.join(" | ")}`);
    }

    test("the keyboard alone tampers with the cookie, and asks why not", async () => {
      await open("https://a.test");
      await shows("[role=status].live", "live");
      await window.run(`await fetch("/visit")`);
      await shows("#session h2", "good");
      await window.press("Tab");
      expect(await focused()).toBe("Skip to the session");
      await window.press("Enter");
      await tabTo("nonce");
      await window.press("Enter");
      await shows("#tamper label", "in nonce");
      await tabTo("Character");
      await window.press("ArrowRight");
      await tabTo("Change this character");
      await window.press("Enter");
      await shows("#tamper .verdict", "token.bad_mac");
      await tabTo(await firstSummary());
      await window.press("Enter");
      await until(`document.querySelector(".requests details[open]")`);
      await tabTo("Header");
      for (const key of "a=1; SameSite=None") await window.press(key);
      await tabTo("Address bar");
      await window.press("Enter");
      await shows("#why-not .sentence", "No browser keeps this cookie.");
    }, 60_000);

    const firstSummary = () =>
      window.run(`return document.querySelector(".requests summary").textContent.trim()`) as Promise<string>;

    test("axe finds nothing, wide and on a phone, where Firefox is dark", async () => {
      await fillPage();
      expect(await window.run(`return getComputedStyle(document.body).backgroundColor`)).toBe(paper);
      expect(await complaints(window)).toEqual({ wide: [], phone: [] });
    }, 60_000);

    async function fillPage(): Promise<void> {
      await open("https://a.test");
      await shows("[role=status].live", "live");
      await window.run(`await fetch("/visit"); await fetch("/shop")`);
      await shows(".requests", "GET /shop");
      await window.run(`document.querySelector(".requests summary").click()`);
      await ask("__Host-id=1; Path=/account; SameSite=None", "https://a.test/", "https://b.test/");
    }
  });
}

function nameOf(header: string): string {
  return header.slice(0, header.indexOf("="));
}

function fetchOf(url: string): string {
  return `await fetch(${JSON.stringify(url)}, { mode: "no-cors", credentials: "include" })`;
}

function postTo(url: string): string {
  return `const form = document.createElement("form"); form.method = "post"; form.action = "${url}"; document.body.append(form); form.submit();`;
}

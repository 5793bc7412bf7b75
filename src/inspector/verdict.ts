import {
  BROWSERS,
  judgeCookieHeader,
  judgeSending,
  judgeSetCookie,
  type RequestContext,
  type SetCookieVerdict,
} from "../browser/index.ts";
import type { SendingReport, VerdictReport } from "./report.ts";

/** A header of which somebody wants to know what browsers make of it. */
export interface Question {
  readonly header: string;
  /** The page or resource whose response or request has it. */
  readonly url: string;
  /** The page in the address bar, where that is another one, which shows or fetches what is at `url`. */
  readonly page: string | undefined;
}

/** Longer ones come from no server. */
const LONGEST = 32_000;

/** A question that was asked; undefined for what is none. */
export function readQuestion(body: unknown): Question | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { header, url, page } = body as { header?: unknown; url?: unknown; page?: unknown };
  if (typeof header !== "string" || header.length > LONGEST || !isAddress(url)) return undefined;
  if (page === undefined || page === "") return { header, url, page: undefined };
  return isAddress(page) ? { header, url, page } : undefined;
}

function isAddress(text: unknown): text is string {
  return typeof text === "string" && /^https?:/i.test(text) && URL.canParse(text);
}

/** Where a cookie may be wanted, this page being another one. */
function situations(page: string | undefined): [string, Omit<RequestContext, "url">][] {
  const other = page === undefined ? "another site" : new URL(page).origin;
  const initiator = page ?? "https://somewhere-else.example/";
  return [
    ["a click within the site", {}],
    [`a link on a page of ${other}`, { isNavigation: true, initiator }],
    [`a form that a page of ${other} posts`, { isNavigation: true, initiator, method: "POST" }],
    [`an image, a frame or a fetch in a page of ${other}`, { topLevelUrl: initiator }],
  ];
}

/** What browsers make of a Cookie or Set-Cookie header; one without its name is taken for what it looks like. */
export function verdictOn({ header, url, page }: Question): VerdictReport {
  const [start, name] = /^\s*(set-cookie|cookie)\s*:/i.exec(header) ?? ["", "Set-Cookie"];
  const text = header.slice(start.length).trim();
  return name!.toLowerCase() === "cookie" ? onCookie(text) : onSetCookie(text, url, page);
}

function onSetCookie(header: string, url: string, page: string | undefined): VerdictReport {
  const verdict = judgeSetCookie(header, { url, topLevelUrl: page });
  const { stored, findings, cookie } = verdict;
  const sendings =
    cookie === undefined
      ? []
      : situations(page).map(([situation, context]): SendingReport => {
          const { sent, findings: why } = judgeSending(cookie, { url, ...context });
          return { situation, sent, findings: why };
        });
  return {
    kind: "set-cookie",
    ok: stored,
    sentence: sentenceOf(verdict),
    findings,
    sendings,
    cookies: [],
  };
}

function sentenceOf({ stored, cookie, findings }: SetCookieVerdict): string {
  if (stored) return "Browsers keep this cookie.";
  const refusals = findings.filter(({ level }) => level === "refused");
  const refusing = new Set(refusals.flatMap(({ browsers }) => browsers));
  if (cookie === undefined && refusing.size === 0) return "This header deletes a cookie.";
  if (refusing.size === BROWSERS.length) return "No browser keeps this cookie.";
  return cookie === undefined
    ? "This header deletes a cookie, but not in every browser."
    : "Not every browser keeps this cookie.";
}

function onCookie(header: string): VerdictReport {
  const { cookies, findings } = judgeCookieHeader(header);
  const all = [...findings, ...cookies.flatMap((cookie) => cookie.findings)];
  const isFine = all.every(({ level }) => level === "note");
  return {
    kind: "cookie",
    ok: isFine,
    sentence: isFine ? "Nothing is wrong with this header." : "Something is wrong with this header.",
    findings,
    sendings: [],
    cookies,
  };
}

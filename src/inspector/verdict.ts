import { judgeCookieHeader, judgeSending, judgeSetCookie, type RequestContext } from "../browser/index.ts";
import type { SendingReport, VerdictReport } from "./report.ts";

/** A header of which somebody wants to know what browsers make of it. */
export interface Question {
  readonly header: string;
  /** The page or resource whose response or request has it. */
  readonly url: string;
}

/** Longer ones come from no server. */
const LONGEST = 32_000;

/** A question that was asked; undefined for what is none. */
export function readQuestion(body: unknown): Question | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { header, url } = body as { header?: unknown; url?: unknown };
  if (typeof header !== "string" || header.length > LONGEST || typeof url !== "string") return undefined;
  return URL.canParse(url) && /^https?:/i.test(url) ? { header, url } : undefined;
}

const ELSEWHERE = "https://somewhere-else.example/";

/** Where a cookie may be wanted. */
const SITUATIONS: readonly (readonly [string, Omit<RequestContext, "url">])[] = [
  ["a click within the site", {}],
  ["a link on another site", { isNavigation: true, initiator: ELSEWHERE }],
  ["a form that another site posts", { isNavigation: true, initiator: ELSEWHERE, method: "POST" }],
  ["an image or a fetch in another site's page", { topLevelUrl: ELSEWHERE, initiator: ELSEWHERE }],
];

/** What browsers make of a Cookie or Set-Cookie header; one without its name is taken for what it looks like. */
export function verdictOn({ header, url }: Question): VerdictReport {
  const [, name, text] = /^\s*(?:(set-cookie|cookie)\s*:)?\s*([^]*?)\s*$/i.exec(header)!;
  return name?.toLowerCase() === "cookie" ? onCookie(text!) : onSetCookie(text!, url);
}

function onSetCookie(header: string, url: string): VerdictReport {
  const { stored, findings, cookie } = judgeSetCookie(header, { url });
  const sendings =
    cookie === undefined
      ? []
      : SITUATIONS.map(([situation, context]): SendingReport => {
          const { sent, findings: why } = judgeSending(cookie, { url, ...context });
          return { situation, sent, findings: why };
        });
  const isDropped = !stored && findings.some(({ level }) => level === "refused");
  return {
    kind: "set-cookie",
    ok: stored,
    sentence: stored
      ? "Browsers keep this cookie."
      : isDropped
        ? "Not every browser keeps this cookie."
        : "This header deletes a cookie.",
    findings,
    sendings,
    cookies: [],
  };
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

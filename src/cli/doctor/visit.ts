import { type KeptCookie, judgeSending, judgeSetCookie, type SetCookieVerdict } from "../../browser/index.ts";
import { requestPage, type Answer, type RequestOptions, UnreachableError } from "./request.ts";

/** A cookie that an answer set, as the browser that asked takes it. */
export interface SetInAnswer {
  readonly name: string;
  readonly value: string;
  readonly verdict: SetCookieVerdict;
}

/** One request and its answer. */
export interface Exchange extends Answer {
  readonly url: URL;
  /** Names of the cookies that were sent. */
  readonly sent: ReadonlySet<string>;
  readonly cookieHeader: string;
  readonly set: readonly SetInAnswer[];
  /** Where the answer sends the browser; undefined where it does not. */
  readonly location: URL | undefined;
}

/** What was asked of a site, in order. */
export interface Visits {
  /** By a new visitor, with all redirects. */
  readonly first: readonly Exchange[];
  /** The same over plain http, where the site is an https one on the usual port and answers there. */
  readonly plain: readonly Exchange[];
  /** The last page of these once more, with the cookies from the first time. */
  readonly again: readonly Exchange[];
  /** A page that set a cookie, asked for by a visitor who made up a value for it. */
  readonly forged: readonly { readonly name: string; readonly value: string; readonly exchange: Exchange }[];
  /** The folder whose libraries may be used. */
  readonly cwd: string;
}

export const MAX_REDIRECTS = 10;

/** A visitor with a jar, who does what a browser does: Chromium, with no page open before. */
export class Visitor {
  readonly #options: RequestOptions;
  #jar: readonly KeptCookie[];

  constructor(options: RequestOptions, jar: readonly KeptCookie[] = []) {
    this.#options = options;
    this.#jar = jar;
  }

  get jar(): readonly KeptCookie[] {
    return this.#jar;
  }

  /** Opens a page, and goes where it is sent, as long as somebody answers there. @throws UnreachableError when the first one does not */
  async open(start: URL): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    for (let url: URL | undefined = start; url !== undefined && exchanges.length <= MAX_REDIRECTS;) {
      try {
        exchanges.push(await this.ask(url));
      } catch (error) {
        if (exchanges.length > 0 && error instanceof UnreachableError) break;
        throw error;
      }
      url = exchanges.at(-1)!.location;
    }
    return exchanges;
  }

  /** One request. @throws UnreachableError */
  async ask(url: URL): Promise<Exchange> {
    const now = new Date();
    const cookies = this.#jar
      .filter((cookie) => judgeSending(cookie, { url, now }).sentBy.includes("chromium"))
      .toSorted((a, b) => b.path.length - a.path.length);
    const cookieHeader = cookies
      .map(({ name, value }) => (name === "" ? value : `${name}=${value}`))
      .join("; ");
    const answer = await requestPage(url, cookieHeader, this.#options);
    const set = answer.setCookie.map((header) => this.#keep(header, url));
    const sent = new Set(cookies.map(({ name }) => name));
    return { ...answer, url, sent, cookieHeader, set, location: locationOf(answer, url) };
  }

  #keep(header: string, url: URL): SetInAnswer {
    const verdict = judgeSetCookie(header, { url, existing: this.#jar });
    const [pair = ""] = header.split(";", 1);
    const equals = pair.indexOf("=");
    const others = this.#jar.filter((other) => other !== verdict.replaces);
    this.#jar = verdict.cookie === undefined ? others : [...others, verdict.cookie];
    return { name: pair.slice(0, Math.max(equals, 0)).trim(), value: pair.slice(equals + 1).trim(), verdict };
  }
}

function locationOf({ status, headers }: Answer, url: URL): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
  return next?.protocol === "http:" || next?.protocol === "https:" ? next : undefined;
}

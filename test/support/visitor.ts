import { CookieJar as Browser } from "tough-cookie";
import type { Session, SessionManager } from "hipflask";
import type { Exchange } from "../../src/session/index.ts";

/** What a response said about cookies and caches. */
export interface Visit {
  readonly setCookies: string[];
  readonly vary: string | null;
  readonly cacheControl: string | null;
}

/** A browser that visits sessions without a server between them: opens an exchange, works, and commits. */
export class Visitor<Data extends object> {
  readonly #sessions: SessionManager<Data>;
  readonly #url: string;
  #jar = new Browser(undefined, { prefixSecurity: "strict" });

  constructor(sessions: SessionManager<Data>, url = "https://example.com/") {
    this.#sessions = sessions;
    this.#url = url;
  }

  /** The Cookie header that the browser sends now. */
  get cookie(): string {
    return this.#jar.getCookieStringSync(this.#url);
  }

  /** The same browser at another server, or at the same one after a restart. */
  at<Others extends object>(sessions: SessionManager<Others>): Visitor<Others> {
    const visitor = new Visitor(sessions, this.#url);
    visitor.#jar = this.#jar;
    return visitor;
  }

  /** The same browser's copy: what a thief has. */
  copy(): Visitor<Data> {
    const thief = new Visitor(this.#sessions, this.#url);
    thief.#jar = this.#jar.cloneSync()!;
    return thief;
  }

  /** Takes in a response's Set-Cookie headers. */
  take(setCookies: readonly string[]): void {
    for (const header of setCookies) this.#jar.setCookieSync(header, this.#url, { ignoreError: true });
  }

  /** One request in which `work` uses the session. */
  visit(work: (session: Session<Data>) => unknown): Promise<Visit> {
    return this.exchange(async (exchange) => work(await exchange.session()));
  }

  /** One request in which the session is used only if `work` asks for it. */
  async exchange(work: (exchange: Exchange<Data>) => unknown, given: HeadersInit = {}): Promise<Visit> {
    const { host, protocol } = new URL(this.#url);
    const exchange = this.#sessions.open({ cookie: this.cookie, host, encrypted: protocol === "https:" });
    await work(exchange);
    const headers = new Headers(given);
    await exchange.commit();
    exchange.writeTo(headers);
    const setCookies = headers.getSetCookie();
    this.take(setCookies);
    return { setCookies, vary: headers.get("Vary"), cacheControl: headers.get("Cache-Control") };
  }
}

/** A secret key that no production refuses. */
export const KEY = "q8Zr2Vn6Yw0Xb4Tc1Lf7Pd9Hs5Kj3Mg";
/** Another one. */
export const OTHER_KEY = "m1Nb3Vc5Xz7Lk9Jh2Gf4Ds6Ap8Qw0Er";

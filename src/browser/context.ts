import type { KeptCookie } from "./kept-cookie.ts";

/** The request in which cookies are sent. Everything but the URL has the default of a page that somebody opens by its address. */
export interface RequestContext {
  /** What is requested. */
  readonly url: string | URL;
  /** The page in the address bar. Default: `url` itself. Of a navigation of the whole window nothing but `url` counts. */
  readonly topLevelUrl?: string | URL | undefined;
  /**
   * The page whose link, form or script started the request; null: the user, by an address or a bookmark. Default: the page in the
   * address bar, or of a navigation null.
   */
  readonly initiator?: string | URL | null | undefined;
  /** Default: `"GET"`. */
  readonly method?: string | undefined;
  /** Whether the whole window goes to `url`. Default: whether there is no `topLevelUrl`. */
  readonly isNavigation?: boolean | undefined;
  /** Whether a script of the page `url` reads or writes `document.cookie`, instead of a request being made. Default: false. */
  readonly isFromScript?: boolean | undefined;
  /** The moment. Default: the machine's time. */
  readonly now?: Date | undefined;
  /** Whether the user lets other sites than the one in the address bar have cookies. Default: `"allowed"`. */
  readonly thirdPartyCookies?: "allowed" | "blocked" | undefined;
}

/** The response in which a cookie is set. */
export interface ResponseContext extends RequestContext {
  /** The cookies that the browser has already. Default: none. */
  readonly existing?: readonly KeptCookie[] | undefined;
}

import type { SameSite } from "hipflask/cookie";

/** A cookie as a browser shows it to those who drive it. */
export interface ShownCookie {
  readonly name: string;
  readonly value: string;
  /** With a dot before it if subdomains get the cookie. */
  readonly domain: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: SameSite | undefined;
  /** Seconds since 1970. */
  readonly expires: number | undefined;
}

export type NamedKey = "Tab" | "Enter" | "ArrowRight";

/** A real browser with one window, that takes every certificate. */
export interface RealBrowser {
  /** Opens an address as a user who types it. */
  visit(url: string): Promise<void>;
  /** Runs a function's body in the page, and waits for what it promises. */
  run(body: string): Promise<unknown>;
  /** Runs it and waits until the window has gone to this URL. */
  runAndLeave(body: string, url: string): Promise<void>;
  /** Presses a key of the keyboard: a character, or one of those that are named. */
  press(key: string | NamedKey): Promise<void>;
  /** Makes the page's own part of the window so large, in pixels. */
  resize(width: number, height: number): Promise<void>;
  /** All its cookies. */
  cookies(): Promise<ShownCookie[]>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

import { parseCookiePairs, parseSetCookie } from "../../cookie/index.ts";

/** A cookie that was pasted; without a name, where its value alone was. */
export interface GivenCookie {
  readonly name: string | undefined;
  readonly value: string;
}

const HEADER = /^(set-)?cookie:\s*/i;
const PAIR = /^[\w!#$%&'*+.^`|~-]+=[^=]/;

/** The cookies in a text: a Cookie header, a Set-Cookie header, `name=value`, or a value. */
export function cookiesIn(text: string): GivenCookie[] {
  const line = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const [header, set] = HEADER.exec(line) ?? [""];
  if (set !== undefined) return [parseSetCookie(line.slice(header.length)) ?? []].flat();
  if (header === "" && !PAIR.test(line)) return line === "" ? [] : [{ name: undefined, value: line }];
  return parseCookiePairs(line.slice(header.length)).map(([name, value]) => ({ name, value }));
}

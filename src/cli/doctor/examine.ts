import { randomBytes } from "../../crypto/random.ts";
import type { Check, Fault, Severity } from "./fault.ts";
import { checkCaching } from "./checks/caching.ts";
import { checkClock } from "./checks/clock.ts";
import { checkContents } from "./checks/contents.ts";
import { checkRedirects } from "./checks/redirects.ts";
import { checkFixation, checkRepeats } from "./checks/repeats.ts";
import { checkSessionCookies } from "./checks/session-cookies.ts";
import { checkHeaderSize, checkSetCookies, checkSetTwice } from "./checks/set-cookies.ts";
import { checkStatus } from "./checks/status.ts";
import { checkUrls } from "./checks/urls.ts";
import { type RequestOptions, UnreachableError } from "./request.ts";
import { isSessionLike } from "./session-like.ts";
import { type Exchange, Visitor, type Visits } from "./visit.ts";

const CHECKS: readonly Check[] = [
  checkSetCookies,
  checkSetTwice,
  checkHeaderSize,
  checkSessionCookies,
  checkContents,
  checkCaching,
  checkRedirects,
  checkStatus,
  checkClock,
  checkRepeats,
  checkFixation,
  checkUrls,
];

const RANK: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2 };

/**
 * Visits a site as a browser does and tells what is wrong with its cookies, the gravest first.
 *
 * @param cwd The folder whose libraries may be used to look into cookies
 * @throws UnreachableError when the site does not answer
 */
export async function examine(url: URL, options: RequestOptions, cwd: string): Promise<Fault[]> {
  const visits = await visit(url, options, cwd);
  const faults = (await Promise.all(CHECKS.map((check) => check(visits)))).flatMap((found) => [...found]);
  const told = new Map(faults.map((fault) => [`${fault.code} ${fault.cookie} ${fault.message}`, fault]));
  return [...told.values()].toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

async function visit(url: URL, options: RequestOptions, cwd: string): Promise<Visits> {
  const visitor = new Visitor(options);
  const first = await visitor.open(url);
  const plain = await openPlain(url, options);
  const again = [await visitor.ask(first.at(-1)!.url)];
  const forged = await Promise.all(first.flatMap((exchange) => forge(exchange, options)));
  return { first, plain, again, forged, cwd };
}

/** Nobody need answer there. */
async function openPlain(url: URL, options: RequestOptions): Promise<Exchange[]> {
  if (url.protocol !== "https:" || url.port !== "") return [];
  const plain = new URL(url);
  plain.protocol = "http:";
  try {
    return await new Visitor(options).open(plain);
  } catch (error) {
    if (error instanceof UnreachableError) return [];
    throw error;
  }
}

/** For each session that an answer began, a visitor who comes with a value like it. */
function forge({ url, set }: Exchange, options: RequestOptions): Promise<Visits["forged"][number]>[] {
  return set.flatMap(({ name, value, verdict: { cookie } }) => {
    if (cookie === undefined || !isSessionLike({ name, value })) return [];
    const madeUp = alike(value);
    const visitor = new Visitor(options, [{ ...cookie, value: madeUp }]);
    return [visitor.ask(url).then((exchange) => ({ name, value: madeUp, exchange }))];
  });
}

/** A text of the same form: digits stay digits, letters letters, also where they are hexadecimal. */
function alike(text: string): string {
  const chance = randomBytes(text.length);
  return text.replace(/[A-Za-z0-9]/g, (char, at: number) => {
    const others = char < "A" ? "0123456789" : char < "a" ? "ABCDEF" : "abcdef";
    return others[chance[at]! % others.length]!;
  });
}

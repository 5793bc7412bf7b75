import { LEEWAY } from "../../clock.ts";
import { decodedValue } from "../../cookie/decoded-value.ts";
import { cookieSession, expressCookie, fastifyCookie, keygripSignature } from "./express.ts";
import { type Finding, type Inspection, EVERYBODY, type Recognise } from "./finding.ts";
import { rememberToken, timedToken, untimedToken } from "./flask.ts";
import { jsonWebToken } from "./jwt.ts";
import { encryptedCookie, furtherChunk, sessionId } from "./own.ts";
import { ironSeal, sodiumBox } from "./sealed.ts";

/** Each knows the form of one format; of those that look alike, the narrower one stands first. */
const FORMATS: readonly Recognise[] = [
  keygripSignature,
  furtherChunk,
  encryptedCookie,
  sessionId,
  ironSeal,
  sodiumBox,
  timedToken,
  jsonWebToken,
  untimedToken,
  expressCookie,
  rememberToken,
  cookieSession,
  fastifyCookie,
  plainJson,
];

/** What a cookie is, and what is to be thought of it. */
export interface Inspected extends Finding {
  readonly name: string | undefined;
  /** Undefined where nothing can be told: no key was given, or the format has none. */
  readonly isGood: boolean | undefined;
  readonly verdict: string;
}

/** Tells what a cookie is; undefined for a text that has no form that is known. */
export async function inspect(
  cookie: Inspection,
  maxAge: number | undefined,
): Promise<Inspected | undefined> {
  for (const recognise of FORMATS) {
    const finding = await recognise(cookie);
    if (finding === undefined) continue;
    return { ...finding, name: cookie.name, ...judge(finding, cookie, maxAge) };
  }
  return undefined;
}

function judge(
  finding: Finding,
  { keys, now }: Inspection,
  maxAge: number | undefined,
): Pick<Inspected, "isGood" | "verdict"> {
  const { isKeyed, key, problem, made, ends } = finding;
  const bad = (verdict: string): Pick<Inspected, "isGood" | "verdict"> => ({ isGood: false, verdict });
  if (!isKeyed)
    return { isGood: undefined, verdict: "there is nothing to check: it is neither signed nor encrypted" };
  if (problem !== undefined) return bad(problem);
  if (keys.length === 0) return { isGood: undefined, verdict: "not checked, because no key was given" };
  if (key === undefined)
    return bad(
      keys.length === 1
        ? "the key did not make it, or it was changed"
        : `none of the ${keys.length} keys made it, or it was changed`,
    );
  if (made !== undefined && made > now + LEEWAY)
    return bad("it was made in the future: compare the machines' clocks");
  if (ends !== undefined && ends <= now) return bad("genuine, but it has expired");
  if (made !== undefined && maxAge !== undefined && now - made > maxAge)
    return bad(`genuine, but older than ${maxAge} seconds`);
  return { isGood: true, verdict: "good" };
}

function plainJson({ value }: Inspection): Finding | undefined {
  const text = decodedValue(value);
  if (!/^[[{"]/.test(text)) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return {
    format: "JSON without a signature",
    readable: `${EVERYBODY}, who can change it too`,
    isKeyed: false,
    content: text,
  };
}

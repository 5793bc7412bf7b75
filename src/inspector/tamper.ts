import { formOf } from "./cookie-kind.ts";
import type { Recorder } from "./recorder.ts";
import type { TamperReport } from "./report.ts";
import type { Look } from "./look.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** What is done to a cookie's value, to see what the library says. */
export type Tampering =
  | { readonly kind: "flip"; readonly at: number }
  | { readonly kind: "cut" }
  | { readonly kind: "grow" };

/** A tampering that was asked for; undefined for what is none. */
export function readTampering(body: unknown): Tampering | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { kind, at } = body as { kind?: unknown; at?: unknown };
  if (kind === "cut" || kind === "grow") return { kind };
  return kind === "flip" && Number.isInteger(at) && (at as number) >= 0
    ? { kind, at: at as number }
    : undefined;
}

/** Changes this browser's session cookie as it comes in, and opens it: what the browser holds stays as it is. */
export async function tamper(
  recorder: Recorder,
  { facts }: Look,
  tampering: Tampering,
): Promise<TamperReport | undefined> {
  const { trace } = await recorder.probe(facts);
  const { value } = trace;
  if (value === undefined || value === "") return undefined;
  const { changed, did, at } = apply(tampering, value);
  const probe = await recorder.probe({ ...facts, cookie: `${trace.cookie}=${changed}` });
  const part = formOf(value)
    .parts(value)
    .find(({ start, end }) => at >= start && at < end);
  return {
    part: part?.name ?? "between two parts",
    did,
    accepted: probe.trace.keeping?.found !== undefined,
    happenings: probe.trace.happenings,
  };
}

function apply(tampering: Tampering, value: string): { changed: string; did: string; at: number } {
  if (tampering.kind === "cut")
    return { changed: value.slice(0, -1), did: "The last character was cut off.", at: value.length - 1 };
  if (tampering.kind === "grow")
    return {
      changed: value + "A".repeat(20_000),
      did: "20,000 characters were added.",
      at: value.length - 1,
    };
  const at = Math.min(tampering.at, value.length - 1);
  const before = value[at]!;
  // Half the alphabet away, so that it is another byte also where the last bits say nothing.
  const after = ALPHABET[(Math.max(ALPHABET.indexOf(before), 0) + 32) % ALPHABET.length]!;
  return {
    changed: value.slice(0, at) + after + value.slice(at + 1),
    did: `Character ${at + 1} of ${value.length} was changed from ${before} to ${after}.`,
    at,
  };
}

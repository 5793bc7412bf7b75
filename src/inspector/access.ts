import { originCheck } from "../csrf/index.ts";
import { StoreError } from "../errors.ts";
import { isPlainLoopback } from "../session/request-facts.ts";
import { factsOf } from "../session/plain-request.ts";

/** Says whether somebody may look. Called for each request of the inspector's own. */
export type Guard = (request: Request) => boolean | Promise<boolean>;

const PROXIED = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-server",
  "x-real-ip",
];
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;

const crossOrigin = originCheck();

/**
 * The answer to a request that may not pass; undefined where it may.
 *
 * @param address of whoever is connected, as far as it is known
 * @throws what the guard throws, but for a StoreError
 */
export async function refuse(
  request: Request,
  guard: Guard | undefined,
  address: string | undefined,
): Promise<Response | undefined> {
  try {
    const reason = await refusalOf(request, guard, address);
    return reason === undefined ? undefined : new Response(reason, { status: 403 });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { status, headers } = error;
    return new Response("The store does not answer, so nobody knows whether you may look.", {
      status,
      headers,
    });
  }
}

async function refusalOf(
  request: Request,
  guard: Guard | undefined,
  address: string | undefined,
): Promise<string | undefined> {
  const site = request.headers.get("Sec-Fetch-Site");
  const isNavigation = request.headers.get("Sec-Fetch-Mode") === "navigate" && request.method === "GET";
  if (site !== null && site !== "same-origin" && site !== "none" && !isNavigation)
    return "Another site asks.";
  if (crossOrigin(request) !== undefined) return "Another site asks.";
  if (guard !== undefined) return (await guard(request)) === true ? undefined : "The guard says no.";
  return remoteness(request, address);
}

/** Why a request is not one of this very machine's. */
function remoteness(request: Request, address: string | undefined): string | undefined {
  if (PROXIED.some((name) => request.headers.has(name)))
    return "The request came through a proxy, so nobody knows from where. Give the inspector a guard.";
  if (address === undefined)
    return "This server does not say who is connected. Give fetch an address as its second argument, or the inspector a guard.";
  const { host } = factsOf(request);
  // A name that leads here by another's DNS is not this machine's own.
  const isHere = LOOPBACK.test(address) && isPlainLoopback({ cookie: undefined, host, encrypted: false });
  return isHere ? undefined : "Without a guard the inspector answers this machine alone, as localhost.";
}

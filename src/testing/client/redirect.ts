/** One request as it is sent: it may be sent again, elsewhere. */
export interface Step {
  readonly url: URL;
  readonly init: RequestInit & { readonly method: string; readonly headers: Headers };
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** What the headers of a body are, which goes where the body goes. */
const OF_BODY = [
  "content-encoding",
  "content-language",
  "content-location",
  "content-length",
  "content-type",
];

/** Where a response sends the client: the next request, by the rules of `fetch`; undefined where it sends it nowhere. */
export function nextStep({ url, init }: Step, response: Response): Step | undefined {
  const location = response.headers.get("Location");
  if (location === null || !REDIRECTS.includes(response.status)) return undefined;
  const next = new URL(location, url);
  const { status } = response;
  const becomesGet = status === 303 ? init.method !== "HEAD" : status <= 302 && init.method === "POST";
  if (!becomesGet) return { url: next, init };
  const headers = new Headers(init.headers);
  for (const name of OF_BODY) headers.delete(name);
  const { body: _, ...rest } = init;
  return { url: next, init: { ...rest, method: "GET", headers } };
}

import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** The site did not answer at all. */
export class UnreachableError extends Error {}

export interface RequestOptions {
  /** Take a certificate that nobody vouches for. */
  readonly insecure: boolean;
  /** Where to connect instead, by `host:port`: what --connect-to says. */
  readonly places: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookie: readonly string[];
  /** What arrived of the body, as text. */
  readonly body: string;
  /** Milliseconds since 1970, in the middle between question and answer. */
  readonly at: number;
}

const TIMEOUT = 15_000;
const MAX_BODY = 256 * 1024;

/** Asks for a page as a browser does that opens it by its address. @throws UnreachableError */
export function requestPage(url: URL, cookie: string, { insecure, places }: RequestOptions): Promise<Answer> {
  const encrypted = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (encrypted ? 443 : 80));
  const asked = (encrypted ? httpsRequest : httpRequest)({
    ...(places.get(`${host}:${port}`) ?? { host, port }),
    ...(encrypted && !/^[\d.]+$|:/.test(host) ? { servername: host } : {}),
    path: url.pathname + url.search,
    agent: false,
    // Headers that Node would refuse are what is looked for.
    insecureHTTPParser: true,
    rejectUnauthorized: !insecure,
    headers: {
      Host: url.host,
      Accept: "text/html,application/xhtml+xml,*/*;q=0.8",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
      "Sec-Fetch-Site": "none",
      "User-Agent": "Mozilla/5.0 (compatible; hipflask doctor)",
      ...(cookie === "" ? {} : { Cookie: cookie }),
    },
  });
  const start = Date.now();
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      asked.destroy();
      reject(new UnreachableError(`${url.origin} does not answer: ${why}.`));
    };
    const timer = setTimeout(() => fail(`nothing came in ${TIMEOUT / 1000} seconds`), TIMEOUT);
    asked.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(error.code ?? error.message);
    });
    asked.on("response", (response) => {
      const at = (start + Date.now()) / 2;
      let body = "";
      const done = () => {
        clearTimeout(timer);
        asked.destroy();
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, setCookie: headers["set-cookie"] ?? [], body, at });
      };
      response.setEncoding("latin1");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BODY) done();
      });
      response.on("end", done).on("error", done);
    });
    asked.end();
  });
}

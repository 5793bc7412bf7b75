import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createUnzip } from "node:zlib";

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
  /** When it was asked for, in milliseconds since 1970 ... */
  readonly asked: number;
  /** ... and when its headers came. */
  readonly at: number;
}

const TIMEOUT = 15_000;
/** Some bodies never end. */
const BODY_TIMEOUT = 3000;
const MAX_BODY = 256 * 1024;
const MAX_HEADERS = 1024 * 1024;

/** Some servers compress though nobody has asked for it. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

/** Asks for a page as a browser does that opens it by its address. @throws UnreachableError */
export function requestPage(url: URL, cookie: string, { insecure, places }: RequestOptions): Promise<Answer> {
  const encrypted = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (encrypted ? 443 : 80));
  const request = (encrypted ? httpsRequest : httpRequest)({
    ...(places.get(`${host}:${port}`) ?? { host, port }),
    ...(encrypted && !/^[\d.]+$|:/.test(host) ? { servername: host } : {}),
    path: url.pathname + url.search,
    agent: false,
    // Headers that Node would refuse are what is looked for.
    insecureHTTPParser: true,
    maxHeaderSize: MAX_HEADERS,
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
  const asked = Date.now();
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      request.destroy();
      reject(new UnreachableError(`${url.origin} does not answer: ${why}.`));
    };
    let timer = setTimeout(() => fail(`nothing came in ${TIMEOUT / 1000} seconds`), TIMEOUT);
    request.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(error.code ?? error.message);
    });
    request.on("response", (response) => {
      const at = Date.now();
      let body = "";
      const done = () => {
        clearTimeout(timer);
        request.destroy();
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, setCookie: headers["set-cookie"] ?? [], body, asked, at });
      };
      clearTimeout(timer);
      timer = setTimeout(done, BODY_TIMEOUT);
      response.on("error", done);
      const decoder = DECODERS[response.headers["content-encoding"]?.toLowerCase() ?? ""];
      const content: Readable = decoder === undefined ? response : response.pipe(decoder());
      content.setEncoding("latin1");
      content.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BODY) done();
      });
      content.on("end", done).on("error", done);
    });
    request.end();
  });
}

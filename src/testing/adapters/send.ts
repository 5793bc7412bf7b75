import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:http2";

/** Names and values in their order; a name may repeat. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

interface Sending {
  readonly method?: string;
  /** `host` stands for `:authority` over HTTP/2. */
  readonly headers?: HeaderList;
  readonly body?: string;
}

/** One request over one connection of its own. */
export type Send = (path: string, sending?: Sending) => Promise<Reply>;

/** A response as it came, header by header. */
export class Reply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly text: string;

  constructor(status: number, headers: HeaderList, text: string) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** All values of a header, joined; undefined where it is missing. */
  header(name: string): string | undefined {
    const values = this.headers
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(", ");
  }

  /** Each Set-Cookie header. */
  get setCookies(): string[] {
    return this.headers.filter(([key]) => key.toLowerCase() === "set-cookie").map(([, value]) => value);
  }

  /** The values set under a cookie's name. */
  cookies(name: string): string[] {
    const start = `${name}=`;
    return this.setCookies.flatMap((header) =>
      header.startsWith(start) ? header.slice(start.length).split(";", 1) : [],
    );
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- a test knows what it asked for
  json(): any {
    return JSON.parse(this.text);
  }
}

export function overHttp(origin: string): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const fields = fieldsOf(headers.map(([name, value]) => [name.toLowerCase(), value]));
    const request = httpRequest(`${origin}${path}`, { method, agent: false, headers: fields });
    // What goes wrong before the response is thrown below; after it, it is the end of the body.
    request.on("error", () => undefined);
    request.end(body);
    const [response] = await once(request, "response");
    const pairs: [string, string][] = [];
    const raw: string[] = response.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i]!, raw[i + 1]!]);
    return new Reply(response.statusCode, pairs, await readText(response));
  };
}

/** HTTP/2 without TLS. */
export function overHttp2(origin: string): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const session = connect(origin);
    try {
      const renamed = headers.map(
        ([name, value]) => [name.toLowerCase().replace(/^host$/, ":authority"), value] as const,
      );
      const fields = { ":method": method, ":path": path, ...fieldsOf(renamed) };
      const stream = session.request(fields, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      const [answer] = await once(stream, "response");
      const pairs = Object.entries(answer as Record<string, string | string[]>).flatMap(([name, value]) =>
        name.startsWith(":") ? [] : [value].flat().map((one): [string, string] => [name, one]),
      );
      return new Reply(answer[":status"], pairs, await readText(stream));
    } finally {
      session.close();
    }
  };
}

/** A name that repeats has a list of values. */
function fieldsOf(headers: HeaderList): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers)
    fields[name] = fields[name] === undefined ? value : [fields[name], value].flat();
  return fields;
}

/** No network at all: a handler of the Fetch API's kind. */
export function overFetch(
  handler: (request: Request) => Response | Promise<Response>,
  origin = "http://127.0.0.1",
): Send {
  return async (path, { method = "GET", headers = [], body } = {}) => {
    const list = headers.map(([name, value]): [string, string] => [name, value]);
    // A server makes one Cookie header of several (RFC 9113 section 8.2.3); some runtimes' Headers would join them with a comma.
    const cookies = list.filter(([name]) => name.toLowerCase() === "cookie").map(([, value]) => value);
    const rest = list.filter(([name]) => name.toLowerCase() !== "cookie");
    if (cookies.length > 0) rest.push(["cookie", cookies.join("; ")]);
    const host = list.find(([name]) => name.toLowerCase() === "host")?.[1];
    const url = `${host === undefined ? origin : `http://${host}`}${path}`;
    const response = await handler(
      new Request(url, { method, headers: rest, ...(body === undefined ? {} : { body }) }),
    );
    return new Reply(response.status, [...response.headers], method === "HEAD" ? "" : await response.text());
  };
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

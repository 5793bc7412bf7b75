import type { Session, SessionManager } from "../session/index.ts";

/** A request that nobody sends. */
interface Asking {
  readonly url: URL;
  /** The Cookie header; empty: none. */
  readonly cookie: string;
}

/** What one request without a server has done. */
interface Done<Result> {
  readonly result: Result;
  readonly setCookies: readonly string[];
}

/**
 * Lets `work` use the session of a request to this URL, and commits it as the end of the response would.
 *
 * @throws what `work` throws, and then nothing is committed; what a commit throws
 */
export async function workOnSession<Data extends object, Result>(
  sessions: SessionManager<Data>,
  { url, cookie }: Asking,
  work: (session: Session<Data>) => Result | Promise<Result>,
): Promise<Done<Result>> {
  const exchange = sessions.open({
    cookie: cookie === "" ? undefined : cookie,
    host: url.host,
    encrypted: url.protocol === "https:",
  });
  const result = await sessions.run(exchange, async () => work(await exchange.session()));
  await exchange.commit();
  return { result, setCookies: exchange.jar.setCookies() };
}

import { HipflaskError } from "../../errors.ts";
import type { SessionManager } from "../../session/index.ts";
import type { AdapterApp, AdapterCapabilities, ServedAdapter } from "./app.ts";
import { Browser } from "./browser.ts";
import { overFetch, overHttp, overHttp2, type Send } from "./send.ts";

/** A request, as the handlers of a test see it. */
interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What `sessions.get` and `cookies` take. */
  readonly context: object;
  text(): Promise<string>;
}

/** A handler for each path. */
export type Handlers = Readonly<Record<string, (call: Call) => Response | Promise<Response>>>;

/** How an application is asked. */
interface Served {
  readonly send: Send;
  browse(): Browser;
  /** Undefined without a network. */
  readonly network: { readonly origin: string; readonly http2: boolean } | undefined;
}

/** One adapter in one test. */
export interface Bench {
  readonly capabilities: Required<AdapterCapabilities>;
  /**
   * Serves an application until the test has ended.
   *
   * @param onError its answer to errors. Default: the code of one that is hipflask's, with 400, and `INTERNAL` with 500
   */
  serve(sessions: SessionManager, handlers: Handlers, onError?: AdapterApp["onError"]): Promise<Served>;
  /** Serves an application that answers no errors, as a beginner writes it. */
  serveCareless(sessions: SessionManager, handlers: Handlers): Promise<Served>;
}

/** What is tested. */
export interface AdapterUnderTest {
  /** Serves an application with the adapter. */
  readonly serve: (app: AdapterApp) => Promise<ServedAdapter>;
  /** What the framework does that others do not. */
  readonly capabilities?: AdapterCapabilities;
}

/** Lets `work` serve applications, and closes them when it has ended. */
export async function onBench(
  { serve, capabilities = {} }: AdapterUnderTest,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  const start = async (
    sessions: SessionManager,
    handlers: Handlers,
    onError: AdapterApp["onError"],
  ): Promise<Served> => {
    const served = await serve({
      sessions,
      onError,
      async respond(context, request) {
        const { pathname: path, searchParams: query } = new URL(request.url, "http://localhost");
        return handlers[path]!({ path, query, context, text: () => request.text() });
      },
    });
    if ("close" in served) closers.push(() => served.close());
    const { send, network } = wire(served);
    return { send, network, browse: () => new Browser(send) };
  };
  try {
    await work({
      capabilities: {
        keepsOnError: true,
        plainErrors: false,
        ownsStatus500: false,
        endsFailedHead: true,
        sendsLength: true,
        ...capabilities,
      },
      serve: (sessions, handlers, onError = codeOf) => start(sessions, handlers, onError),
      serveCareless: (sessions, handlers) => start(sessions, handlers, undefined),
    });
  } finally {
    for (const close of closers) await close();
  }
}

function wire(served: ServedAdapter): Pick<Served, "send" | "network"> {
  if ("fetch" in served) return { send: overFetch(served.fetch), network: undefined };
  const { origin, http2 = false } = served;
  return { send: http2 ? overHttp2(origin) : overHttp(origin), network: { origin, http2 } };
}

function codeOf(error: unknown): Response {
  const [code, status] = error instanceof HipflaskError ? [error.code, 400] : ["INTERNAL", 500];
  return new Response(code, { status, headers: { "Content-Length": String(code.length) } });
}

import type { SessionManager } from "../../session/index.ts";
import type { FetchHandler } from "../client/target.ts";

/** What the suite needs of a request; a `Request` fits as it is. */
export interface AdapterRequest {
  /** Whole, or from the path on. */
  readonly url: string;
  /** The body. Rejects where it does not arrive whole. */
  text(): Promise<string>;
}

/** The application that an adapter is tested with, whatever the path and the method. */
export interface AdapterApp {
  /** The manager that the adapter is given. */
  readonly sessions: SessionManager;
  /**
   * Answers a request below the adapter. What it throws is left to the framework.
   *
   * @param context what the adapter's users give `sessions.get` and `cookies`
   */
  respond(context: object, request: AdapterRequest): Promise<Response>;
  /** The application's answer to an error, for the framework's error handler; undefined: it has none, and the framework answers. */
  readonly onError: ((error: unknown) => Response) | undefined;
}

/** The application as it is served: on a server of this machine, or as a handler without a network. */
export type ServedAdapter =
  | {
      /** As `http://127.0.0.1:3000`. */
      readonly origin: string;
      /** HTTP/2 without TLS. Default: false, HTTP/1.1. */
      readonly http2?: boolean;
      /** Ends the server. */
      close(): Promise<void>;
    }
  | { readonly fetch: FetchHandler };

/** What a framework does that others do not. */
export interface AdapterCapabilities {
  /**
   * Whether what a handler wrote before it threw is kept, as in Flask: the framework's error handler answers before the adapter
   * commits. Default: true.
   */
  readonly keepsOnError?: boolean;
  /**
   * Whether the adapter answers by itself where the session throws and the application does not catch it: with the status's name as plain
   * text. Default: false, the framework's error page has status and headers of the error.
   */
  readonly plainErrors?: boolean;
  /** Whether each answer of status 500 is the framework's own, so that one of the application's is replaced. Default: false. */
  readonly ownsStatus500?: boolean;
  /** Whether the answer to a HEAD request ends where the handler threw. Default: true. */
  readonly endsFailedHead?: boolean;
  /** Whether the `Content-Length` of an answer goes out. Default: true. */
  readonly sendsLength?: boolean;
}

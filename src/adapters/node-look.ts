import type { NodeResponse } from "./node-exchange.ts";

/** How a response whose headers have left looks to an application. */
const LOOKS_SENT: Readonly<Record<string, unknown>> = {
  headersSent: true,
  // What older middleware looks at.
  _header: "held",
  writableEnded: false,
  finished: false,
  writableFinished: false,
  writableNeedDrain: false,
  setHeader: () => refuseHeaders("set"),
  setHeaders: () => refuseHeaders("set"),
  appendHeader: () => refuseHeaders("append"),
  removeHeader: () => refuseHeaders("remove"),
};
const NAMES = Object.keys(LOOKS_SENT);
/** The same objects for every response: V8 makes a hidden class of each new one. */
const DESCRIPTORS = NAMES.map((name) => ({ value: LOOKS_SENT[name], writable: true, configurable: true }));

/** Makes a response look sent to the application; what undoes that. */
export function cover(response: NodeResponse): () => void {
  const own = new Map<string, unknown>();
  for (const [i, name] of NAMES.entries()) {
    if (Object.hasOwn(response, name)) {
      own.set(name, Reflect.get(response, name));
      Reflect.set(response, name, LOOKS_SENT[name]);
    } else Object.defineProperty(response, name, DESCRIPTORS[i]!);
  }
  return () => {
    // The last one first: that is quick.
    for (let i = NAMES.length - 1; i >= 0; i--) {
      const name = NAMES[i]!;
      if (own.has(name)) Reflect.set(response, name, own.get(name));
      else Reflect.deleteProperty(response, name);
    }
  };
}

/** Throws what Node throws when the headers are written, for the application to catch. */
export function checkStatus(status: unknown): number {
  const code = Number(status);
  if (code >= 100 && code < 1000) return code;
  throw coded(new RangeError("Invalid status code"), "ERR_HTTP_INVALID_STATUS_CODE");
}

/** Throws what Node throws for a chunk that it cannot write. */
export function checkChunk(chunk: unknown): void {
  if (typeof chunk === "string" || chunk instanceof Uint8Array) return;
  throw coded(
    new TypeError("What is written must be a string, a Buffer or a Uint8Array"),
    "ERR_INVALID_ARG_TYPE",
  );
}

/** Throws what Node throws once the headers have left, for the application to catch. */
export function refuseHeaders(operation: "set" | "append" | "remove" | "write"): never {
  throw coded(
    new Error(`Cannot ${operation} headers after they are sent to the client`),
    "ERR_HTTP_HEADERS_SENT",
  );
}

function coded(error: Error, code: string): Error {
  return Object.assign(error, { code });
}

/** What Node would throw later, thrown at once, for the application to catch. */

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

/** The code of {@link refuseHeaders}. */
export const HEADERS_SENT = "ERR_HTTP_HEADERS_SENT";

/** Throws what Node throws once the headers have left, for the application to catch. */
export function refuseHeaders(operation: "set" | "append" | "remove" | "write"): never {
  throw coded(new Error(`Cannot ${operation} headers after they are sent to the client`), HEADERS_SENT);
}

function coded(error: Error, code: string): Error {
  return Object.assign(error, { code });
}

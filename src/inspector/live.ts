import type { Watcher } from "./watcher.ts";

/** Milliseconds between two signs of life, without which a proxy would cut the line. */
const PULSE = 25_000;

/**
 * Tells the page whenever there is something new, by server-sent events, from the moment on when somebody reads them: an answer that
 * nobody wants any more takes no place.
 */
export function liveResponse(watcher: Watcher): Response {
  let end: (() => void) | undefined;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      if (end !== undefined) return;
      const encoder = new TextEncoder();
      const send = (text: string): void => {
        // Whoever does not read must not make this process remember.
        if ((controller.desiredSize ?? 0) > -16) controller.enqueue(encoder.encode(text));
      };
      const unfollow = watcher.follow(() => send("event: change\ndata: \n\n"));
      if (unfollow === undefined) {
        // 204 would make the browser give up; here it waits, and asks again.
        send("retry: 30000\n\n");
        controller.close();
        return;
      }
      const pulse = setInterval(() => send(": here\n\n"), PULSE);
      pulse.unref?.();
      end = () => {
        clearInterval(pulse);
        unfollow();
      };
      send("retry: 2000\n\n");
    },
    cancel: () => end?.(),
  };
  const body = new ReadableStream(source, { highWaterMark: 0 });
  const headers = {
    "Content-Type": "text/event-stream",
    // Whoever compresses what passes would keep it until there is more.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
  };
  return new Response(body, { headers });
}

import type { Watcher } from "./watcher.ts";

/** Milliseconds between two signs of life, without which a proxy would cut the line. */
const PULSE = 25_000;

/** Tells the page whenever there is something new, by server-sent events, for as long as it listens. */
export function liveResponse(watcher: Watcher): Response {
  let end = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
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
    cancel: () => end(),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" } });
}

import type { ChaosProxy } from "../support/chaos-proxy.ts";
import type { Situation } from "./outage.ts";

/** A server that can be ended and started again, and stopped in its tracks. */
interface Breakable {
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
  freeze(): Promise<unknown> | void;
  thaw(): Promise<unknown> | void;
}

/** What can happen to any server, and to the network between it and the app. Both are looked up when it happens. */
export function commonSituations(server: () => Breakable, proxy: () => ChaosProxy): Situation[] {
  const pass = () => proxy().pass();
  return [
    { name: "stopped in order", begin: () => server().stop(), end: () => server().start() },
    { name: "killed", begin: () => server().kill(), end: () => server().start() },
    { name: "frozen", begin: () => server().freeze(), end: () => server().thaw() },
    { name: "refusing connections", begin: () => proxy().refuse(), end: pass },
    { name: "behind a black hole", begin: () => proxy().blackHole(), end: pass },
    {
      name: "behind a network that resets each connection",
      begin: () => proxy().resetAtRandom(1),
      end: pass,
    },
    { name: "too slow", begin: () => proxy().delay(2000), end: pass },
  ];
}

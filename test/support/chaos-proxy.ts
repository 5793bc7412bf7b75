import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How the network behaves between a client and a server. */
interface Weather {
  /** Each piece of data waits a random time between these, in milliseconds. */
  delay?: readonly [least: number, most: number];
  /** How likely each piece of data is to be lost together with its connection. */
  resets?: number;
}

/** What everything waits for before it goes on. */
interface Gate {
  readonly promise: Promise<void>;
  readonly open: () => void;
}

/**
 * A TCP proxy that makes a network fail. It begins by passing everything on; each method that changes that holds for
 * the connections there are and for those to come. What happens at random is the same for the same seed, as far as data comes in
 * the same pieces.
 *
 * @example
 * const proxy = await startProxy(server.port, { seed: 1 });
 * const client = createClient({ url: `redis://127.0.0.1:${proxy.port}` });
 * proxy.resetAtRandom(0.05);
 * proxy.pass();
 * await proxy.close();
 */
export async function startProxy(targetPort: number, { seed }: { seed: number }): Promise<ChaosProxy> {
  const proxy = new ChaosProxy(targetPort, seededRandom(seed));
  await proxy.listen();
  return proxy;
}

export class ChaosProxy {
  /** Where later connections go; those that are open stay where they are. */
  targetPort: number;
  readonly #random: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #weather: Weather = {};
  #gate: Gate = { promise: Promise.resolve(), open: () => undefined };

  constructor(targetPort: number, random: () => number) {
    this.targetPort = targetPort;
    this.#random = random;
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Lets everything through, and whatever was held back too. */
  async pass(): Promise<void> {
    this.#weather = {};
    this.#gate.open();
    if (!this.#server.listening) await this.listen();
  }

  /** Holds each piece of data back for a random time between `least` and `most` milliseconds; their order stays. */
  delay(least: number, most: number = least): void {
    this.#weather.delay = [least, most];
  }

  /** Loses each piece of data with a probability between 0 and 1, and resets its connection. */
  resetAtRandom(probability: number): void {
    this.#weather.resets = probability;
  }

  /** Resets the connections that are open. */
  cut(): void {
    reset(...this.#sockets);
  }

  /** Refuses new connections, after resetting those that are open. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  /** Accepts connections and keeps them open, but nothing comes through. */
  blackHole(): void {
    this.#gate = closedGate();
  }

  /** Ends it, with all its connections. */
  close(): Promise<void> {
    return this.refuse();
  }

  #join(client: Socket): void {
    const server = connect({ port: this.targetPort, host: "127.0.0.1", noDelay: true });
    this.#carry(client, server);
    this.#carry(server, client);
  }

  #carry(from: Socket, to: Socket): void {
    let last = Promise.resolve();
    const next = (step: () => void, arrival?: Promise<void>) => {
      last = last.then(async () => {
        await arrival;
        await this.#gate.promise;
        step();
      });
    };
    this.#sockets.add(from);
    from.on("error", () => undefined);
    from.on("data", (piece: Buffer) => {
      const [least, most] = this.#weather.delay ?? [0, 0];
      const pause = least + this.#random() * (most - least);
      const lost = this.#random() < (this.#weather.resets ?? 0);
      next(() => (lost ? reset(from, to) : to.write(piece)), pause > 0 ? sleep(pause) : undefined);
    });
    from.on("end", () => next(() => to.end()));
    from.once("close", () => {
      this.#sockets.delete(from);
      next(() => to.destroy());
    });
  }
}

function closedGate(): Gate {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

function reset(...sockets: readonly Socket[]): void {
  for (const socket of sockets) {
    // Node would never close one that is about to end, and its thread could not be ended either.
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}

/** Numbers from 0 to below 1 without a pattern, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

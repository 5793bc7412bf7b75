import type { Context } from "hono";
import { parseCookie } from "hipflask/cookie";
import type { Place } from "./place.ts";

/** All places where sessions can be while the demo runs. Each is opened when somebody goes there first. */
export class Places {
  readonly #openers: ReadonlyMap<string, () => Promise<Place>>;
  readonly #first: string;
  readonly #open = new Map<string, Promise<Place>>();

  /** @param first where sessions are of who has not chosen */
  constructor(openers: ReadonlyMap<string, () => Promise<Place>>, first: string) {
    this.#openers = openers;
    this.#first = first;
  }

  get names(): readonly string[] {
    return [...this.#openers.keys()];
  }

  /** Where the sessions of this request's visitor are, by a plain cookie: it is no secret, and whatever else it says counts for nothing. */
  nameFor(c: Context): string {
    const chosen = parseCookie(c.req.header("Cookie")).get("place");
    return chosen !== undefined && this.#openers.has(chosen) ? chosen : this.#first;
  }

  /** @throws whatever the opener throws; the next call tries again */
  open(name: string): Promise<Place> {
    let place = this.#open.get(name);
    if (place === undefined) {
      place = this.#openers.get(name)!();
      this.#open.set(name, place);
      place.catch(() => this.#open.delete(name));
    }
    return place;
  }
}

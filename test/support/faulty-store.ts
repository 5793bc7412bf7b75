import type { SessionStore } from "../../src/session/index.ts";

export type Operation = Exclude<keyof SessionStore, "setup">;

/** What becomes of one call of a store; `proceed` makes it. */
export type Fault = (operation: Operation, proceed: () => Promise<any>) => Promise<any>;

/** A real store each of whose calls goes through `fault`, which may delay it, fail it, or lose its answer. */
export function faultyStore<Store extends SessionStore>(store: Store, fault: Fault): Store {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...given: unknown[]) =>
        fault(name as Operation, () => method.apply(target, given) as Promise<unknown>);
    },
  });
}

/** Waits for some milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Waits for a moment that differs from time to time, so that what runs at once meets in every order. */
export function moment(most = 4): Promise<void> {
  return Math.random() < 0.3 ? Promise.resolve() : sleep(Math.random() * most);
}

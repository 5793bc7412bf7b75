import { EventEmitter } from "node:events";
import type { SessionRequest } from "./request.ts";
import { sessionOf } from "./session.ts";
import type { Store as StoreShape, StoredSession } from "./store-shape.ts";

export type Store = StoreShape;

/** What stores are made with: also without `new`, as those that are older than classes do. */
export interface StoreConstructor {
  new (): Store;
  /** For constructors that are older than classes: `Store.call(this)`. */
  (this: Store): void;
  /** What stores inherit from. */
  readonly prototype: Store;
}

/** The base of stores. */
export const Store: StoreConstructor = function (this: Store): void {
  EventEmitter.call(this);
} as unknown as StoreConstructor;

Object.setPrototypeOf(Store.prototype, EventEmitter.prototype);

const methods: Pick<Store, "regenerate" | "load" | "createSession"> & ThisType<Store> = {
  regenerate(request, callback) {
    this.destroy(request.sessionID, (error) => {
      this.generate?.(request);
      callback(error);
    });
  },

  load(sid, callback) {
    this.get(sid, (error, stored) => {
      if (error) return callback(error);
      if (!stored) return callback();
      callback(
        undefined,
        sessionOf(
          { sessionID: sid, sessionStore: this } as SessionRequest,
          stored as unknown as StoredSession,
        ),
      );
    });
  },

  createSession(request, stored) {
    request.session = sessionOf(request, stored);
    return request.session;
  },
};

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(Store.prototype, name, { value, configurable: true, writable: true });
}

import { AsyncResource } from "node:async_hooks";

/** A function that finds each AsyncLocalStorage as it is here, whoever calls it. */
export function inOwnContext<T, R>(work: (value: T) => R): (value: T) => R {
  return AsyncResource.bind(work);
}

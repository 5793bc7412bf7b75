/** Whether a value is a dict: an object literal, or what came from JSON, in this realm or another. */
export function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && isDictPrototype(Object.getPrototypeOf(value));
}

/** Whether a prototype is that of a dict. */
export function isDictPrototype(prototype: unknown): boolean {
  // An object of another realm has another Object.prototype, whose own prototype is null too.
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Sets an own property, whatever its name: an assignment to `__proto__` would set the prototype. */
export function setOwn(dict: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    dict[key] = value;
  }
}

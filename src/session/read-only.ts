/** A view of data at whose every change, at any depth, `refuse` is called, which throws. */
export function readOnly<T extends object>(data: T, refuse: () => never): T {
  return new Proxy(data, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
      // A proxy must give the very value of a property that can never change.
      const fixed = descriptor !== undefined && !descriptor.configurable && !descriptor.writable;
      return fixed || !isContainer(value) ? value : readOnly(value, refuse);
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
  }) as T;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

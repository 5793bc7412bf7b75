import type { Exchange, Session } from "../session/index.ts";

type Name<Data> = keyof Data & string;

/** A session in React Router's words. */
export interface ReactRouterSession<Data extends object> {
  /** As {@link Session.id}; empty where there is none. */
  readonly id: string;
  /** As {@link Session.data}. */
  readonly data: Data;
  /** Whether there is a value of this name, set or flashed. */
  has(name: Name<Data>): boolean;
  /** A value that was set, or one that was flashed, which is there once. */
  get<Key extends Name<Data>>(name: Key): Data[Key] | undefined;
  /** Sets a value, which stays. */
  set<Key extends Name<Data>>(name: Key, value: Data[Key]): void;
  /** Sets a value that the next `get` gives, and no later one. */
  flash<Key extends Name<Data>>(name: Key, value: Data[Key]): void;
  /** Removes a value that was set. */
  unset(name: Name<Data>): void;
}

/** As React Router does: a flashed value has a name that no other one has. */
const flashName = (name: string): string => `__flash_${name}__`;

/** A session with its request, which `commitSession` stores it for. */
export class StoredSession<Data extends object> implements ReactRouterSession<Data> {
  readonly exchange: Exchange<Data>;
  readonly session: Session<Data>;

  constructor(exchange: Exchange<Data>, session: Session<Data>) {
    this.exchange = exchange;
    this.session = session;
  }

  get id(): string {
    return this.session.id ?? "";
  }

  get data(): Data {
    return this.session.data;
  }

  has(name: Name<Data>): boolean {
    return Object.hasOwn(this.data, name) || Object.hasOwn(this.data, flashName(name));
  }

  get<Key extends Name<Data>>(name: Key): Data[Key] | undefined {
    if (Object.hasOwn(this.data, name)) return this.data[name];
    const flashed = flashName(name) as Key;
    if (!Object.hasOwn(this.data, flashed)) return undefined;
    const value = this.data[flashed];
    delete this.data[flashed];
    return value;
  }

  set<Key extends Name<Data>>(name: Key, value: Data[Key]): void {
    Object.defineProperty(this.data, name, { value, writable: true, enumerable: true, configurable: true });
  }

  flash<Key extends Name<Data>>(name: Key, value: Data[Key]): void {
    this.set(flashName(name) as Key, value);
  }

  unset(name: Name<Data>): void {
    delete this.data[name];
  }
}

/** The session that was made here. @throws TypeError for any other one */
export function own<Data extends object>(session: ReactRouterSession<Data>): StoredSession<Data> {
  if (session instanceof StoredSession) return session;
  throw new TypeError("This is no session of this storage. Give what getSession has returned.");
}

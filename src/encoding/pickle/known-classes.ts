import { Markup, PyBytearray, PyDecimal, PyTimedelta, Uuid } from "../python-values.ts";
import { malformed } from "./limits.ts";
import { isDecimalText, isInt } from "./numbers.ts";
import { isOffset, readDate, readDatetime, readTimedelta } from "./times.ts";
import { Container, UnfinishedUuid } from "./tree.ts";

/** Functions by their number of arguments. They answer undefined for arguments that Python's own pickles never have. */
type Makers = Readonly<Record<number, (...args: unknown[]) => unknown>>;

/**
 * A class or function that a pickle may name. Nothing is imported or called by its name: what Python would make of it is made
 * here.
 */
export class Known {
  /** What calling it gives: Python's REDUCE. */
  readonly call: Makers;
  /** What its `__new__` gives: Python's NEWOBJ. */
  readonly create: Makers;

  constructor({ call = {}, create = {} }: { call?: Makers; create?: Makers }) {
    this.call = call;
    this.create = create;
  }
}

/** @throws MalformedError for every other class */
export function knownClass(module: string, name: string): Known {
  const known = KNOWN.get(`${module} ${name}`);
  if (known === undefined) throw malformed("names a class that is not one of the few that are read as data");
  return known;
}

/** Gives an object its state: Python's BUILD, which of the known classes only UUID has. */
export function setState(target: unknown, state: unknown): void {
  if (!(target instanceof UnfinishedUuid) || target.uuid !== undefined)
    throw malformed("gives a state to what has none");
  const uuid = state instanceof Container && state.kind === "dict" ? readUuid(state.items) : undefined;
  if (uuid === undefined) throw malformed("holds a UUID with another state than a UUID has");
  target.uuid = uuid;
}

/** @param state keys and values: `int`, and `is_safe` where the system told how the UUID was made */
function readUuid(state: readonly unknown[]): Uuid | undefined {
  const [key, int, safe, level] = state;
  if (key !== "int" || !isInt(int) || int < 0n || BigInt(int) >> 128n !== 0n) return undefined;
  if (state.length === 4 && (safe !== "is_safe" || (level !== 0 && level !== -1))) return undefined;
  return state.length > 4 ? undefined : new Uuid(int.toString(16).padStart(32, "0"));
}

const OBJECT = new Known({});
const STR = new Known({});
const UUID = new Known({ create: { 0: () => new UnfinishedUuid() } });
const MARKUP = new Known({ create: { 1: markup } });

function markup(html: unknown): Markup | undefined {
  return typeof html === "string" ? new Markup(html) : undefined;
}

/** `copyreg._reconstructor(class, base, state)`: how protocols 0 and 1 write objects. */
function reconstruct(cls: unknown, base: unknown, state: unknown): unknown {
  if (cls === UUID && base === OBJECT && state === null) return new UnfinishedUuid();
  return cls === MARKUP && base === STR ? markup(state) : undefined;
}

/** A `datetime.timezone`, which is data only within a datetime. */
class Timezone {
  /** Seconds east of UTC. */
  readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }
}

/** A zone with a name is refused, because a PyDatetime could not give it back. */
function timezone(offset: unknown): Timezone | undefined {
  if (!(offset instanceof PyTimedelta) || offset.microseconds % 1_000_000n !== 0n) return undefined;
  const seconds = Number(offset.microseconds / 1_000_000n);
  return isOffset(seconds) ? new Timezone(seconds) : undefined;
}

const DATETIME = new Known({
  call: {
    1: (state) => (isBytes(state) ? readDatetime(state, undefined) : undefined),
    2: (state, zone) =>
      isBytes(state) && zone instanceof Timezone ? readDatetime(state, zone.offset) : undefined,
  },
});

function timedelta(days: unknown, seconds: unknown, microseconds: unknown): PyTimedelta | undefined {
  if (!isInt(days) || !isInt(seconds) || !isInt(microseconds)) return undefined;
  return readTimedelta(BigInt(days), BigInt(seconds), BigInt(microseconds));
}

/** Protocols 0 to 2 have no bytes, only text of the same characters. */
function latin1(text: unknown): Uint8Array | undefined {
  return typeof text === "string" && /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined;
}

const BYTEARRAY = new Known({
  call: {
    0: () => new PyBytearray(),
    1: (bytes) => (isBytes(bytes) ? new PyBytearray(bytes) : undefined),
    2(text, encoding) {
      const bytes = encoding === "latin-1" ? latin1(text) : undefined;
      return bytes && new PyBytearray(bytes);
    },
  },
});

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && !(value instanceof PyBytearray);
}

function setOf(kind: "set" | "frozenset"): Known {
  const make = (list: unknown) =>
    list instanceof Container && list.kind === "list" ? new Container(kind, [...list.items]) : undefined;
  return new Known({ call: { 1: make } });
}

const BUILTINS: readonly (readonly [string, Known])[] = [
  ["object", OBJECT],
  ["bytes", new Known({ call: { 0: () => new Uint8Array() } })],
  ["bytearray", BYTEARRAY],
  ["set", setOf("set")],
  ["frozenset", setOf("frozenset")],
];

const RECONSTRUCTOR = new Known({ call: { 3: reconstruct } });

/** By module and name; protocols 0 to 2 write what Python 2 called them. */
const KNOWN: ReadonlyMap<string, Known> = new Map([
  ["datetime datetime", DATETIME],
  ["datetime date", new Known({ call: { 1: (state) => (isBytes(state) ? readDate(state) : undefined) } })],
  ["datetime timedelta", new Known({ call: { 3: timedelta } })],
  ["datetime timezone", new Known({ call: { 1: timezone } })],
  ["uuid UUID", UUID],
  [
    "decimal Decimal",
    new Known({
      call: {
        1: (text) => (typeof text === "string" && isDecimalText(text) ? new PyDecimal(text) : undefined),
      },
    }),
  ],
  ["markupsafe Markup", MARKUP],
  ["collections OrderedDict", new Known({ call: { 0: () => new Container("dict") } })],
  [
    "_codecs encode",
    new Known({ call: { 2: (text, encoding) => (encoding === "latin1" ? latin1(text) : undefined) } }),
  ],
  ["copyreg _reconstructor", RECONSTRUCTOR],
  ["copy_reg _reconstructor", RECONSTRUCTOR],
  ["builtins str", STR],
  ["__builtin__ unicode", STR],
  ...BUILTINS.map(([name, known]) => [`builtins ${name}`, known] as const),
  ...BUILTINS.map(([name, known]) => [`__builtin__ ${name}`, known] as const),
]);

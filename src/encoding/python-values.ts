/** Python values that JavaScript has no type of its own for. All of them survive reading and writing a session. */

/**
 * A Python tuple: an array that is written back as a tuple, not as a list.
 *
 * @example session.data.point = new Tuple([1, 2])
 */
export class Tuple<T = unknown> extends Array<T> {
  // What map, filter and slice make of a tuple is a list.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(items: Iterable<T> = []) {
    super();
    for (const item of items) this.push(item);
  }
}

/** Text that is HTML already: MarkupSafe's `Markup`. */
export class Markup {
  /** The HTML. */
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }

  /** The protocol by which Python's template engines and Flask's sessions know markup. */
  __html__(): string {
    return this.html;
  }

  /** The HTML, as it is. */
  toString(): string {
    return this.html;
  }

  /** The HTML, in JSON without tags. */
  toJSON(): string {
    return this.html;
  }
}

/** A `uuid.UUID`: 32 hexadecimal digits, with or without hyphens. */
export class Uuid {
  /** 32 lower-case digits without hyphens. */
  readonly hex: string;

  /** @throws TypeError when `text` is no UUID */
  constructor(text: string) {
    const hex = text.replaceAll("-", "").toLowerCase();
    if (!/^[\da-f]{32}$/.test(hex)) throw new TypeError("A UUID is 32 hexadecimal digits.");
    this.hex = hex;
  }

  /** Its digits with hyphens, as Python's `str` gives them. */
  toString(): string {
    return this.hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /** As {@link Uuid.toString}, in JSON without tags. */
  toJSON(): string {
    return this.toString();
  }
}

/**
 * A `datetime.datetime`: an instant to the microsecond, with its own distance from UTC. A plain `Date` stands for an aware one in
 * UTC; whatever has no zone (a naive one) is read as if it were in UTC, as Flask does.
 */
export class PyDatetime extends Date {
  /** Microseconds beyond the millisecond: 0 to 999. */
  readonly microsecond: number;
  /** Seconds east of UTC; undefined: naive. */
  readonly offset: number | undefined;
  /** 1: the second of two equal local times, where clocks were turned back; Python's `fold`. */
  readonly fold: 0 | 1;

  /** @param time milliseconds since 1970, in UTC */
  constructor(time: number, microsecond = 0, offset?: number, fold: 0 | 1 = 0) {
    super(time);
    this.microsecond = microsecond;
    this.offset = offset;
    this.fold = fold;
  }
}

/** A `datetime.date`: a day of the calendar, without a time or a zone. */
export class PyDate {
  /** As in `2026-11-20`. */
  readonly iso: string;

  /** @throws TypeError when `iso` is no day between the years 1 and 9999 */
  constructor(iso: string) {
    if (!isDay(iso)) throw new TypeError("A date is written as in 2026-11-20.");
    this.iso = iso;
  }

  /** As {@link PyDate.iso}. */
  toString(): string {
    return this.iso;
  }

  /** As {@link PyDate.iso}, in JSON without tags. */
  toJSON(): string {
    return this.iso;
  }
}

/** A `datetime.timedelta`. */
export class PyTimedelta {
  /** Whole microseconds. */
  readonly microseconds: bigint;

  constructor(microseconds: bigint) {
    this.microseconds = microseconds;
  }
}

/** A `decimal.Decimal`: a number that is written digit by digit, as in `1.50`. */
export class PyDecimal {
  /** As Python writes it. */
  readonly text: string;

  /** @throws TypeError when `text` is no decimal number, infinity or NaN as Python writes them */
  constructor(text: string) {
    if (!/^-?(?:\d+(?:\.\d*)?(?:E[+-]?\d+)?|\.\d+(?:E[+-]?\d+)?|Infinity|s?NaN\d*)$/i.test(text))
      throw new TypeError("A decimal is written as in 1.50.");
    this.text = text;
  }

  /** As {@link PyDecimal.text}. */
  toString(): string {
    return this.text;
  }

  /** As {@link PyDecimal.text}, in JSON without tags. */
  toJSON(): string {
    return this.text;
  }
}

/** A `frozenset`. A `Set` stands for Python's `set`, a `Map` for a dict whose keys are not all text. */
export class PyFrozenset<T = unknown> extends Set<T> {}

/** A `bytearray`. A `Uint8Array` stands for `bytes`. */
export class PyBytearray extends Uint8Array {
  // What slice and subarray make of it is bytes.
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }
}

function isDay(iso: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(iso) || iso.startsWith("0000")) return false;
  const day = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(iso);
}

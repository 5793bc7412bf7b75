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
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }

  /** The protocol by which Python's template engines and Flask's sessions know markup. */
  __html__(): string {
    return this.html;
  }

  toString(): string {
    return this.html;
  }

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

  toString(): string {
    return this.hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  toJSON(): string {
    return this.toString();
  }
}

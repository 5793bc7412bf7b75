/**
 * A number that is a float in Python even when it is integral: `new PyFloat(1)` is written `1.0`, while `1` is written
 * `1`. Reading gives plain numbers; the type that Python had is kept for as long as the number stays in its place.
 */
export class PyFloat {
  /** The number. */
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** The number, so that it can be reckoned with. */
  valueOf(): number {
    return this.value;
  }

  /** The number, in JSON without tags. */
  toJSON(): number {
    return this.value;
  }
}

/** A float as readers give it: a PyFloat where the number alone would look like an int. */
export function pyFloat(value: number): number | PyFloat {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? new PyFloat(value) : value;
}

/** Python's `repr` of a float: the shortest digits that read back, exponents from 1e16 up and below 1e-4. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = exponent.slice(1);
  return `${digits}e${exponent[0]}${power.length < 2 ? "0" : ""}${power}`;
}

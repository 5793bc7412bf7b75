import { readMsgpack } from "../encoding/msgpack/read.ts";
import { writeMsgpack } from "../encoding/msgpack/write.ts";
import { readMsgspecJson, writeMsgspecJson } from "../encoding/msgspec-json.ts";
import { readPickle } from "../encoding/pickle/read.ts";
import { writePickle } from "../encoding/pickle/write.ts";
import { isDict } from "../encoding/plain.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import { ConfigError, DataError, MalformedError } from "../errors.ts";
import { hasFloats } from "./flask-session-json.ts";
import { ReadNumbers } from "./number-types.ts";
import type { Dict } from "./tagged-json.ts";

/** How Flask-Session writes a session: as MessagePack or JSON since 0.7, before that and in files as a pickle. */
export type FlaskSessionFormat = "msgpack" | "json" | "pickle";

/** How {@link FlaskSessionCodec} writes, and what it reads. */
export interface FlaskSessionCodecOptions {
  /** What is written: `SESSION_SERIALIZATION_FORMAT`. Whatever is there is read, as Flask-Session does. Default: `msgpack`, its own. */
  readonly format?: FlaskSessionFormat;
  /** Whether pickles are read, of plain data only. Default: false, unless they are what is written. */
  readonly readPickle?: boolean;
}

/** What {@link FlaskSessionCodec.decode} read. */
export interface DecodedSession {
  /** The session's data. */
  readonly data: Dict;
  /** Which integral numbers are floats in Python; hand it back to `encode`. */
  readonly numberTypes: NumberTypes | undefined;
  /** What it was written in. */
  readonly format: FlaskSessionFormat;
}

interface Format {
  read(bytes: Uint8Array): unknown;
  write(value: unknown, numberTypes: NumberTypes | undefined): Uint8Array;
}

const FORMATS: Readonly<Record<FlaskSessionFormat, Format>> = {
  msgpack: { read: readMsgpack, write: writeMsgpack },
  json: { read: readMsgspecJson, write: writeMsgspecJson },
  pickle: { read: readPickle, write: writePickle },
};

/**
 * The bytes that Flask-Session keeps in its stores: `MsgSpecSerializer` (flask_session/base.py) over msgspec,
 * and the pickles of older releases and of files. What Flask-Session writes with a loss is written with the same loss (in
 * MessagePack and JSON a tuple as a list, a UUID as text; in JSON also bytes as text and NaN as null), and what it refuses
 * with 500 is refused with a DataError.
 *
 * What msgspec wrote and this reads is written with the same bytes again, but for what JavaScript cannot hold: it moves a dict's
 * keys that are integers in text to the front, as in `{"b": 1, "1": 2}`, and all NaN are one. Python's `==` sees neither.
 *
 * @example
 * const codec = new FlaskSessionCodec();
 * const { data, numberTypes } = codec.decode(await redis.getBuffer("session:…"));
 * codec.encode(data, numberTypes); // the bytes that were read
 */
export class FlaskSessionCodec {
  readonly #format: FlaskSessionFormat;
  readonly #readPickle: boolean;

  /** @throws ConfigError */
  constructor(options: FlaskSessionCodecOptions = {}) {
    this.#format = options.format ?? "msgpack";
    this.#readPickle = options.readPickle ?? this.#format === "pickle";
    if (!Object.hasOwn(FORMATS, this.#format))
      throw new ConfigError('Unknown session format. Use "msgpack", "json" or "pickle".');
  }

  /**
   * @throws DataError that names the path of what cannot be written
   * @throws TooLargeError for a pickle of more than 8 MiB, which would not be read again
   */
  encode(data: Dict, numberTypes?: NumberTypes): Uint8Array {
    if (!isDict(data))
      throw new DataError("UNSERIALIZABLE", "", "is not a dict. Store an object like { count: 1 }.");
    return FORMATS[this.#format].write(data, numberTypes);
  }

  /**
   * Reads a session in any format, which its first bytes tell.
   *
   * @throws MalformedError and nothing else: for damage, for what is no dict with text as its keys, and for pickles that were
   *   not asked for
   */
  decode(bytes: Uint8Array): DecodedSession {
    const format = formatOf(bytes);
    if (format === "pickle" && !this.#readPickle) {
      throw new MalformedError(
        "The session is a pickle, as older releases of Flask-Session wrote it. To read them: new FlaskSessionCodec({ readPickle: true }).",
      );
    }
    const data = FORMATS[format].read(bytes);
    if (!isDict(data)) throw new MalformedError("The session is not a dict with text as its keys.");
    return { data, numberTypes: hasFloats(data) ? new ReadNumbers(data) : undefined, format };
  }
}

/** Dicts begin otherwise in each format, so none is ever tried for another. */
function formatOf(bytes: Uint8Array): FlaskSessionFormat {
  const [first = -1, second = -1] = bytes;
  if (first === 0x7b) return "json";
  // PROTO of pickle protocols 2 to 5; MARK or EMPTY_DICT of protocols 0 and 1. 80 alone is an empty map of MessagePack.
  if (first === 0x80 && second >= 2 && second <= 5) return "pickle";
  if (first === 0x28 || first === 0x7d) return "pickle";
  if ((first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf) return "msgpack";
  throw new MalformedError("The session is neither MessagePack nor JSON nor a pickle of a dict.");
}

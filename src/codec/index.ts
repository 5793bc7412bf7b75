export type { CookieCodec, OpenedCookie, Refusal } from "./cookie-codec.ts";
export { EncryptedCookie, type EncryptedCookieOptions } from "./encrypted-cookie.ts";
export { FlaskCookie, type FlaskCookieOptions } from "./flask-cookie.ts";
export {
  type DecodedSession,
  FlaskSessionCodec,
  type FlaskSessionCodecOptions,
  type FlaskSessionFormat,
} from "./flask-session.ts";
export { type Dict, type ParsedDict, TaggedJson, type TaggedJsonOptions } from "./tagged-json.ts";
export type { Tag } from "./tags.ts";
export {
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFrozenset,
  PyTimedelta,
  Tuple,
  Uuid,
} from "../encoding/python-values.ts";
export { PyFloat } from "../encoding/py-float.ts";

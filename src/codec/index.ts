export { FlaskCookie, type FlaskCookieOptions, type OpenedCookie, type Refusal } from "./flask-cookie.ts";
export { type Dict, type ParsedDict, TaggedJson } from "./tagged-json.ts";
export type { Tag } from "./tags.ts";
export { Markup, Tuple, Uuid } from "../encoding/python-values.ts";
export { PyFloat } from "../encoding/py-float.ts";

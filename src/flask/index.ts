export { acceptFlask } from "./accept-cookie.ts";
export { acceptFlaskSession } from "./accept.ts";
export { type FlaskConfig, flaskConfig } from "./config.ts";
export type { FlaskSessionType } from "./session-type.ts";

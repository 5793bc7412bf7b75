export { acceptFlask } from "./accept-cookie.ts";
export { acceptFlaskSession } from "./accept.ts";
export { flaskConfig } from "./config.ts";
export type { FlaskConfig, FlaskSessionType } from "./config-keys.ts";

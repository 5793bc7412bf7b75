export { type FlaskConfig, flaskConfig } from "./config.ts";

export type { Guard } from "./access.ts";
export { type Connection, inspector, type Inspector, type InspectorOptions } from "./inspector.ts";

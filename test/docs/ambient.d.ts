/** What the pages import and this repository has not installed: frameworks of test/frameworks, libraries of test/migrate, Node 22's modules. */
declare module "next/headers" {
  export function cookies(): Promise<{ set(cookie: object): unknown }>;
  export function headers(): Promise<Headers>;
}
declare module "next/navigation" {
  export function redirect(path: string): never;
}
declare module "next/server" {
  export const NextResponse: { next(): Response };
}
declare module "node:sqlite" {
  import type { SqliteDatabase } from "hipflask/stores/sqlite";
  export const DatabaseSync: new (path: string) => SqliteDatabase;
}
declare module "react" {
  export type ReactNode = unknown;
}
declare module "sodium-native";

declare namespace JSX {
  interface IntrinsicElements {
    [name: string]: object;
  }
}

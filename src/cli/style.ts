import { styleText } from "node:util";
import type { Io, Output } from "./io.ts";

type Paint = (text: string) => string;

/** Colours, where there is somebody to see them. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
}

/** Whether colours are wanted: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function hasColors(output: Output, env: Io["env"]): boolean {
  return output.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** The colours of an output: none where they are not wanted. */
export function styleOf(output: Output, env: Io["env"]): Style {
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    hasColors(output, env) ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    bad: paint("red"),
    warn: paint("yellow"),
  };
}

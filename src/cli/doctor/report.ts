import { printable } from "../json-text.ts";
import type { Style } from "../style.ts";
import type { Fault } from "./fault.ts";

/** Faults, for people. */
export function reportText(subject: string, faults: readonly Fault[], style: Style): string {
  if (faults.length === 0) return style.good(`Nothing is wrong with ${subject}.`);
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return [style.bold(`${subject}: ${count}`), ...faults.map((fault) => textOf(fault, style))].join("\n\n");
}

function textOf({ code, severity, where, cookie, message, fix }: Fault, style: Style): string {
  const paint = { high: style.bad, medium: style.warn, low: style.dim }[severity];
  const about = cookie === undefined || cookie === "" ? "" : `, cookie ${printable(cookie)}`;
  return [
    `${paint(severity.padEnd(6))} ${style.bold(code)} ${style.dim(printable(where) + about)}`,
    `       ${printable(message)}`,
    `       ${style.dim("fix:")} ${printable(fix)}`,
  ].join("\n");
}

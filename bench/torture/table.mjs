/** What was found, as Markdown. */
import { PROBES } from "./probes/probes.mjs";

/** @typedef {{ row: import("./probes/probes.mjs").Row, cells: Record<string, import("./cell.mjs").Cell> }} Found */

const SECTIONS = {
  "Requests that meet": ["keys", "plain", "exact", "logoutWrite", "logoutRead", "redirect"],
  "What is stored and sent": ["nested", "anonymous", "loggedIn", "vary", "cacheControl", "stream", "large"],
  "A store that is down, and what attackers do": [
    "reading",
    "writing",
    "unhandled",
    "login",
    "unknown",
    "stored",
    "corrupt",
    "tampered",
  ],
};

/** What says most, for those who want one look. */
const SUMMARY = ["keys", "logoutWrite", "redirect", "loggedIn", "vary", "writing"];

/** Everything. @param {Found[]} found */
export function tables(found) {
  return Object.entries(SECTIONS)
    .map(([title, probes]) => `## ${title}\n\n${table(found, probes)}`)
    .join("\n\n");
}

/** The sessions in stores, and one of hipflask's adapters for all. @param {Found[]} found */
export function summary(found) {
  const isShown = ({ row }) => !row.isInCookies && (!row.isOurs || row.isInSummary);
  return table(found.filter(isShown), SUMMARY);
}

function table(found, probes) {
  const lines = [
    ["", ...probes.map((probe) => PROBES[probe])],
    ["---", ...probes.map(() => "---")],
    ...found.map(({ row, cells }) => [row.name, ...probes.map((probe) => marked(cells[probe]))]),
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function marked({ text, verdict }) {
  if (verdict === "bad") return `**${text}**`;
  return verdict === "design" ? `${text}\\*` : text;
}

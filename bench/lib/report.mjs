/** Results as Markdown, for people. Numbers get three significant digits, spreads their range. */

export function markdown({ tables, goals }) {
  const parts = tables.map(({ title, columns, rows }) => `### ${title}\n\n${table(columns, rows)}`);
  if (goals.length > 0) {
    const rows = goals.map(({ goal, limit, ratio, quiet = "" }) => [
      goal,
      `<= ${cell(limit)}`,
      ratio,
      quiet,
      (ratio.median ?? ratio) <= limit ? "met" : "MISSED",
    ]);
    parts.push(`### Goals\n\n${table(["hipflask", "goal", "ratio", "quiet", ""], rows)}`);
  }
  return parts.join("\n\n");
}

function table(columns, rows) {
  const lines = [
    columns,
    columns.map((_, i) => (i === 0 ? "---" : "---:")),
    ...rows.map((row) => row.map(cell)),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines.map((line) => `| ${line.map((text, i) => pad(text, widths[i], i)).join(" | ")} |`).join("\n");
}

function pad(text, width, column) {
  if (text === "---") return "-".repeat(width);
  if (text === "---:") return `${"-".repeat(width - 1)}:`;
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

function cell(value) {
  if (typeof value === "number") return number(value);
  if (typeof value === "object")
    return `${number(value.median)} (${number(value.min)} to ${number(value.max)})`;
  return value;
}

function number(value) {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(Math.abs(value) < 0.1 ? 2 : 3)));
}

import { html, type Html } from "./html.ts";

/** A column: what stands above it, and how it looks. */
export interface Column {
  readonly title: Html | string;
  /** `number`: to the right. `wide`: only where there is room. `act`: as narrow as its button. */
  readonly look?: "number" | "wide" | "number wide" | "act";
}

/** A table. The first cell of each row says what the row is about. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (Html | string)[])[],
): Html {
  const heads = columns.map(({ title, look = "" }) => html`<th scope="col" class="${look}">${title}</th>`);
  const body = rows.map(([head, ...cells]) => {
    const others = cells.map((cell, i) => html`<td class="${columns[i + 1]!.look ?? ""}">${cell}</td>`);
    return html`<tr>
      <th scope="row">${head}</th>
      ${others}
    </tr>`;
  });
  return html`<table>
    <caption class="unseen">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

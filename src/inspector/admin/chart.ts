import { html, type Html } from "./html.ts";
import { grouped, plural } from "./times.ts";

const [WIDTH, HEIGHT, GAP] = [10, 48, 2];

/** How often something happened in each of the last minutes, as bars, and in words. */
export function barsPerMinute(what: string, counts: readonly number[]): Html {
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const words =
    total === 0
      ? `${what}: none in the last hour`
      : `${what}: ${grouped(total)} in the last hour, at most ${plural(most, "time")} in a minute`;
  const bars = counts.flatMap((count, index) => {
    if (count === 0) return [];
    const height = Math.max(2, Math.round((count / most) * HEIGHT));
    return html`<rect
      x="${index * WIDTH}"
      y="${HEIGHT - height}"
      width="${WIDTH - GAP}"
      height="${height}"
      rx="1"
    />`;
  });
  return html`<figure class="bars">
    <figcaption>${words}</figcaption>
    <svg viewBox="0 0 ${counts.length * WIDTH} ${HEIGHT + 1}" preserveAspectRatio="none" aria-hidden="true">
      ${bars}
      <line x1="0" x2="${counts.length * WIDTH}" y1="${HEIGHT + 0.5}" y2="${HEIGHT + 0.5}" />
    </svg>
  </figure>`;
}

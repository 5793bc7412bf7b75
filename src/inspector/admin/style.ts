import { page } from "../page.ts";

/** The inspector's look, and what these pages have that it has not. */
export async function style(): Promise<string> {
  return `${(await page()).style}\n${ADMIN}`;
}

const ADMIN = `
.admin main { display: block; max-width: 62rem; }
.admin main:focus { outline: none; }
.admin main > * + * { margin-top: 1rem; }
.admin h1 { font-size: 1.35rem; }
.admin .product { font-weight: 600; }
.admin header nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: underline; text-underline-offset: 0.35rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.notice { padding: 0.5rem 0.9rem; border-left: 3px solid var(--good); background: var(--good-paper); color: var(--good); font-weight: 600; }
.admin .alert { padding: 0.5rem 0.9rem; border-left: 3px solid var(--bad); background: var(--bad-paper); color: var(--bad); }
.admin table { width: 100%; border-collapse: collapse; position: relative; }
.admin th, .admin td { padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: middle; font-weight: 400; }
.admin thead th { padding-top: 0; border-top: 0; color: var(--quiet); font-size: 0.85rem; }
.admin .number { text-align: right; font-variant-numeric: tabular-nums; }
.admin td:last-child, .admin th:last-child { padding-right: 0; }
.admin .act { width: 1%; text-align: right; white-space: nowrap; }
.who { display: block; font-weight: 600; }
.who .quiet { font-weight: 400; }
.device { color: var(--quiet); font-size: 0.9rem; }
.admin time { white-space: nowrap; }
.admin h2 time { color: var(--quiet); font-size: 0.85rem; font-weight: 400; }
.admin form { display: inline-block; }
.admin form.search { display: grid; grid-template-columns: minmax(0, 24rem) auto; gap: 0.25rem 0.6rem; justify-content: start; }
.search label { grid-column: 1 / -1; }
.search input { width: 100%; padding: 0.35rem 0.6rem; border: 1px solid var(--quiet); border-radius: 5px; background: var(--card); color: var(--ink); font: inherit; }
.admin .buttons { align-items: center; }
.admin button.danger { border-color: var(--bad); background: var(--bad); color: var(--card); }
.admin .act button { border-color: var(--line); }
.admin .act button:hover, .admin .act button:focus-visible { border-color: var(--bad); color: var(--bad); }
.check { display: flex; align-items: center; gap: 0.5rem; color: var(--ink); }
.check input { width: 1.1rem; height: 1.1rem; accent-color: var(--bad); }
.pager { display: flex; gap: 1.25rem; margin: 0.9rem 0 0; }
.pager:empty { display: none; }
.admin .pager a { color: var(--accent); text-decoration: underline; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1rem 2rem; margin-bottom: 1rem; }
.bars { display: flex; flex-direction: column; justify-content: space-between; gap: 0.4rem; margin: 0; }
.bars figcaption { color: var(--quiet); font-size: 0.9rem; }
.bars svg { display: block; width: 100%; height: 3.5rem; }
.bars rect { fill: var(--accent); }
.bars line { stroke: var(--line); }
@media (max-width: 40rem) {
  .admin .wide { display: none; }
  .admin main { padding: 1rem; }
  .admin header { padding: 0.5rem 1rem; }
}
`;

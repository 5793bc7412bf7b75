import { ConfigError } from "../../errors.ts";
import type { ListedSession, SessionManager } from "../../session/index.ts";
import { html, type Html } from "./html.ts";
import { address, type Context, layout } from "./layout.ts";
import { search } from "./search.ts";
import { sessionTable } from "./session-table.ts";

/** About how many sessions stand on a page ... */
const ROWS = 50;
/** ... and how often a store is asked for them, where its pages are empty. */
const ASKED = 20;

/** All sessions, page by page. @throws StoreError */
export async function sessionsPage(
  sessions: SessionManager,
  context: Context,
  after: string | undefined,
): Promise<string> {
  const content = html`${search(context, "")}
    <section aria-labelledby="list">
      <h2 id="list">${after === undefined ? "All sessions" : "More of all sessions"}</h2>
      ${await list(sessions, context, after)}
    </section>
    <section aria-labelledby="everybody">
      <h2 id="everybody">Everybody</h2>
      <p>Ends all sessions there are, of users and of visitors. Everybody has to log in again.</p>
      <p><a href="${address(context, "/everybody")}">End all sessions…</a></p>
    </section>`;
  return layout(context, "Sessions", content);
}

/** Some of all sessions; where they cannot be listed, why not. */
async function list(sessions: SessionManager, context: Context, after: string | undefined): Promise<Html> {
  try {
    const { found, next } = await someSessions(sessions, after);
    const table =
      found.length === 0
        ? html`<p class="quiet">
            ${next === undefined ? "There are none here." : "None among those that were looked at."}
          </p>`
        : sessionTable(context, "Sessions", found, after === undefined ? {} : { after });
    return html`${table}${pager(context, after, next)}`;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return html`<p class="alert">${error.message}</p>`;
  }
}

async function someSessions(
  sessions: SessionManager,
  after: string | undefined,
): Promise<{ found: ListedSession[]; next: string | undefined }> {
  // One that was changed meanwhile may come twice.
  const found = new Map<string, ListedSession>();
  let next = after;
  for (let asked = 0; asked < ASKED && found.size < ROWS; asked++) {
    const page = await sessions.list({ after: next, limit: ROWS });
    for (const session of page.sessions) found.set(session.handle, session);
    next = page.next;
    if (next === undefined) break;
  }
  return { found: [...found.values()], next };
}

function pager(context: Context, after: string | undefined, next: string | undefined): Html {
  const first = after === undefined ? "" : html`<a href="${address(context, "")}">First page</a>`;
  const more =
    next === undefined
      ? ""
      : html`<a href="${address(context, "", { after: next })}" rel="next">Next page</a>`;
  return html`<nav class="pager" aria-label="Pages of the list">${first}${more}</nav>`;
}

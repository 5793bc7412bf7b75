import type { ListedSession } from "../../session/index.ts";
import { foreign, html, type Html } from "./html.ts";
import { actionForm, address, type Context } from "./layout.ts";
import { table } from "./table.ts";
import { ago } from "./times.ts";

type Row = Omit<ListedSession, "revoke" | "keyAge">;

/** Where the page goes back to after a session was ended. */
interface Place {
  readonly user?: string;
  readonly after?: string;
}

/** A table of sessions, the last used first, each with a button that ends it. */
export function sessionTable(
  context: Context,
  caption: string,
  sessions: readonly Row[],
  place: Place,
): Html {
  const columns = [
    { title: place.user === undefined ? "Who, and where" : "Where" },
    { title: "Last seen" },
    { title: "Began", look: "wide" },
    { title: "Session", look: "wide" },
    { title: html`<span class="unseen">End it</span>`, look: "act" },
  ] as const;
  const rows = sessions
    .toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
    .map((session) => [
      who(context, session, place),
      ago(session.lastSeenAt, context.now),
      ago(session.createdAt, context.now),
      html`<code>${shortened(session.id)}</code>`,
      endForm(context, session, place),
    ]);
  return table(caption, columns, rows);
}

/** On a user's own page the devices alone. */
function who(context: Context, session: Row, place: Place): Html {
  const { loggedIn, user, device = "unknown device" } = session;
  if (place.user !== undefined) return html`<span class="who">${foreign(device)}</span>`;
  if (!loggedIn) return html`<span class="quiet">a visitor</span>`;
  const link =
    user === undefined ? "a user" : html`<a href="${address(context, "", { user })}">${foreign(user)}</a>`;
  return html`<span class="who">${link}</span><span class="device">${foreign(device)}</span>`;
}

function endForm(context: Context, { id, handle, loggedIn, user, device }: Row, place: Place): Html {
  const whose = user ?? (loggedIn ? "a user" : "a visitor");
  const where = device === undefined ? "" : ` on ${device}`;
  const about = `the session of ${whose}${where}, ${shortened(id)}`;
  return actionForm(context, address(context, "", { ...place }), { do: "end", handle }, "End", about);
}

/** Enough to tell sessions from one another. */
function shortened(id: string): string {
  return id.slice(0, 8);
}

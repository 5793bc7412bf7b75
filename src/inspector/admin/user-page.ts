import type { SessionManager } from "../../session/index.ts";
import { handleOf, ownerTag } from "../../session/server-side/session-id.ts";
import { foreign, html, type Html } from "./html.ts";
import { actionForm, address, type Context, layout } from "./layout.ts";
import { search } from "./search.ts";
import { sessionTable } from "./session-table.ts";
import { plural } from "./times.ts";

/** The sessions of one user. @throws StoreError | ConfigError where the store cannot tell */
export async function userPage(sessions: SessionManager, context: Context, user: string): Promise<string> {
  const owner = ownerTag(user);
  const found = (await sessions.forUser(user).list()).map((session) =>
    Object.assign(session, { user, loggedIn: true, handle: handleOf({ id: session.id, owner }) }),
  );
  const content = html`${search(context, user)}
    <section aria-labelledby="list">
      <h2 id="list">
        ${found.length === 0 ? "No session" : plural(found.length, "session")} of ${foreign(user)}
      </h2>
      ${
        found.length === 0
          ? html`<p class="quiet">
                This user is not logged in anywhere, but a browser that remembers them may come back. Names
                are compared to the letter.
              </p>
              ${endAll(context, user, "End remembered logins")}`
          : html`${sessionTable(context, `Sessions of ${user}`, found, { user })}${endAll(context, user, "End all of them")}`
      }
    </section>`;
  return layout(context, "Sessions", content);
}

function endAll(context: Context, user: string, label: string): Html {
  const action = address(context, "", { user });
  return html`<div class="buttons">
    ${actionForm(context, action, { do: "end-user" }, label, `, all sessions of ${user}`)}
  </div>`;
}

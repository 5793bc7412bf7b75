import { html, type Html } from "./html.ts";
import { address, type Context } from "./layout.ts";

/** Asks for the sessions of a user. */
export function search(context: Context, user: string): Html {
  return html`<form method="get" action="${address(context, "")}" class="search" role="search">
    <label for="user">User, as the application names them</label>
    <input
      id="user"
      name="user"
      value="${user}"
      required
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
    />
    <button>Look up</button>
  </form>`;
}

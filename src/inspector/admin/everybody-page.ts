import { html } from "./html.ts";
import { address, type Context, layout } from "./layout.ts";

/** Asks whether all sessions are to end. */
export function everybodyPage(context: Context): string {
  const content = html`<section aria-labelledby="sure">
    <h2 id="sure">End all sessions?</h2>
    <p>
      Every user and every visitor loses the session at once, you too where you are logged in by one of them.
      What was in the sessions is gone for good.
    </p>
    <form method="post" action="${address(context, "")}">
      <input type="hidden" name="do" value="end-all" />
      <input type="hidden" name="token" value="${context.token}" />
      <label class="check"
        ><input type="checkbox" name="sure" value="yes" required /> Yes, end all of them</label
      >
      <div class="buttons">
        <button class="danger">End all sessions</button><a href="${address(context, "")}">Keep them</a>
      </div>
    </form>
  </section>`;
  return layout(context, "All sessions", content);
}

import type { Census, Count } from "./census.ts";
import { barsPerMinute } from "./chart.ts";
import type { History } from "./history.ts";
import { html, type Html } from "./html.ts";
import { actionForm, address, type Context, layout } from "./layout.ts";
import { type Column, table } from "./table.ts";
import { ago, grouped, plural } from "./times.ts";

/** How the store is, how many sessions there are, which keys they use, and what has happened. */
export function healthPage(context: Context, history: History, census: Census): string {
  const since = ago(new Date(history.since), context.now);
  const content = html`<p class="quiet">
      What this process has seen since it was started, ${since}. Another process has a page of its own.
    </p>
    ${storeSection(context, history)} ${countSection(context, census)}
    ${keySection(context, history, census.done[0])} ${eventSection(context, history)}`;
  return layout(context, "Health", content);
}

function section(id: string, title: Html | string, content: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;
}

function quiet(sentence: string): Html {
  return html`<p class="quiet">${sentence}</p>`;
}

function numbers(...titles: string[]): Column[] {
  return titles.map((title) => ({ title, look: "number" }));
}

function storeSection({ now }: Context, history: History): Html {
  const { downSince } = history;
  const state =
    downSince === undefined
      ? html`Store <span class="pill good">works</span>`
      : html`Store <span class="pill failed">down</span> ${ago(new Date(downSince), now)}`;
  const failure = history.last("store.failed");
  const failures =
    failure === undefined
      ? quiet("No operation has failed.")
      : html`<p>
          ${plural(history.count("store.failed"), "operation")} failed or took too long, the last one
          ${ago(new Date(failure.last), now)}: ${failure.message}
        </p>`;
  const rows = history
    .calls()
    .map(({ operation, ok, failed, timeout, refused }) => [
      html`<code>${operation}</code>`,
      ...[ok, failed, timeout, refused].map(grouped),
    ]);
  const columns = [{ title: "Call" }, ...numbers("done", "failed", "too slow", "refused")];
  const calls =
    rows.length === 0
      ? quiet("No store has been asked for anything.")
      : table("Calls of all stores of this process", columns, rows);
  return section("store", state, [failures, calls]);
}

function countSection(context: Context, { progress, failure, done }: Census): Html {
  const status =
    progress === undefined
      ? actionForm(context, address(context, "/health"), { do: "count" }, "Count now")
      : html`<p role="status">
          Counting: ${grouped(progress)} so far. <a href="${address(context, "/health")}">Look again</a>
        </p>`;
  const rows = done.map(({ at, sessions, ofUsers, took }) => [
    ago(new Date(at), context.now),
    ...[sessions, ofUsers, sessions - ofUsers].map(grouped),
    `${(took / 1000).toFixed(1)} s`,
  ]);
  const columns: Column[] = [
    { title: "When" },
    ...numbers("sessions", "of users", "of visitors"),
    { title: "took", look: "number wide" },
  ];
  return section("counts", "How many", [
    failure === undefined
      ? html``
      : html`<p class="alert" role="alert">The count came to nothing: ${failure}</p>`,
    rows.length === 0
      ? quiet("Nobody has counted yet. All sessions are gone through, a page at a time.")
      : table("Counts of all sessions", columns, rows),
    html`<div class="buttons">${status}</div>`,
  ]);
}

function keySection({ now }: Context, history: History, count: Count | undefined): Html {
  const used = history.last("token.old_key");
  const events =
    used === undefined
      ? quiet("No session that came was made with a fallback key.")
      : html`<p>
          ${plural(history.count("token.old_key"), "time")} a session came that was made with a fallback key,
          last ${ago(new Date(used.last), now)}. As long as that goes on, the key is needed.
        </p>`;
  const rows = [...(count?.byKeyAge ?? [])]
    .toSorted(([a], [b]) => a - b)
    .map(([age, sessions]) => [keyName(age), grouped(sessions)]);
  const none =
    count === undefined
      ? "Count the sessions to see which keys their records are encrypted with."
      : "Records are not encrypted, so none needs a key.";
  const columns = [{ title: "Key" }, ...numbers("sessions")];
  const keys = rows.length === 0 ? quiet(none) : table("Sessions by the key of their record", columns, rows);
  return section("keys", "Keys", [events, keys]);
}

function keyName(age: number): string {
  if (age === 0) return "the newest";
  return age === 1 ? "the one before" : `${age} before the newest`;
}

function eventSection({ now }: Context, history: History): Html {
  const charts = html`<div class="charts">
    ${barsPerMinute("Sessions that began", history.perMinute("session.created"))}
    ${barsPerMinute("Sessions that were ended", history.perMinute("session.ended"))}
    ${barsPerMinute("Failures of the store", history.perMinute("store.failed"))}
  </div>`;
  const rows = history
    .events()
    .map(({ type, count, last }) => [html`<code>${type}</code>`, grouped(count), ago(new Date(last), now)]);
  const columns = [{ title: "Event" }, ...numbers("times"), { title: "last" }];
  const events =
    rows.length === 0 ? quiet("Nothing yet.") : table("Events by how often they happened", columns, rows);
  return section("events", "What happened", [charts, events]);
}

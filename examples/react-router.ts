// React Router and Remix: getSession and commitSession, as createSessionStorage has them, with a logout that is final.
import assert from "node:assert/strict";
import { createSessions, serverSide } from "hipflask";
import { reactRouterSessionStorage } from "hipflask/adapters/react-router-storage";
import { MemoryStore } from "hipflask/stores/memory";
import { redirect } from "react-router";

const sessions = createSessions<{ user?: string; notice?: string }>({
  storage: serverSide(new MemoryStore()),
});
const { getSession, commitSession, destroySession } = reactRouterSessionStorage(sessions);

// What a route module exports.
async function loader({ request }: { request: Request }) {
  const session = await getSession(request);
  const page = { user: session.get("user") ?? null, notice: session.get("notice") ?? null };
  return Response.json(page, { headers: { "Set-Cookie": await commitSession(session) } });
}

async function action({ request }: { request: Request }) {
  const session = await getSession(request);
  if (request.method === "DELETE") {
    return redirect("/", { headers: { "Set-Cookie": await destroySession(session) } });
  }
  session.set("user", "ada");
  session.flash("notice", "Welcome back!");
  return redirect("/", { headers: { "Set-Cookie": await commitSession(session) } });
}

const ask = (method: string, cookie = "") =>
  new Request("http://localhost/", { method, headers: { cookie } });
const login = await action({ request: ask("POST") });
const [cookie] = login.headers.getSetCookie()[0]!.split(";");
const pages = [];
for (let visit = 0; visit < 2; visit++)
  pages.push(await (await loader({ request: ask("GET", cookie) })).json());
assert.deepEqual(pages, [
  { user: "ada", notice: "Welcome back!" },
  { user: "ada", notice: null },
]);
await action({ request: ask("DELETE", cookie) });
assert.equal((await (await loader({ request: ask("GET", cookie) })).json()).user, null);
console.log(pages[0]);

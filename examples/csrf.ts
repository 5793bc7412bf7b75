/** Forms that only the application's own pages can send: a check without a token, and a token beside it. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { createSessions } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { CsrfTokens, originCheck } from "hipflask/csrf";

const secretKey = "q8Zr2Vn6Yw0Xb4Tc1Lf7Pd9Hs5Kj3Mg";
const sessions = createSessions({ secretKey });
const crossOrigin = originCheck();
const csrf = new CsrfTokens({ secretKey });

const app = new Hono();
app.use(async (c, next) => (crossOrigin(c.req.raw) ? c.text("from another site", 403) : next()));
app.use(honoSessions(sessions));
app.get("/form", async (c) => c.text(csrf.make(await sessions.get(c))));
app.post("/buy", async (c) => {
  const form = await c.req.formData();
  const isGood = csrf.isGood(await sessions.get(c), form.get("csrf_token"));
  return isGood ? c.text("bought") : c.text("an old form: load the page again", 403);
});

const page = await app.request("https://shop.example/form");
const token = await page.text();
const cookie = page.headers.getSetCookie()[0]!.split(";")[0]!;

const send = async (site: string, csrf_token: string) => {
  const body = new URLSearchParams({ csrf_token });
  const headers = { cookie, "sec-fetch-site": site };
  const answer = await app.request("https://shop.example/buy", { method: "POST", body, headers });
  return answer.text();
};
assert.equal(await send("same-origin", token), "bought");
assert.equal(await send("same-origin", "guessed"), "an old form: load the page again");
assert.equal(await send("cross-site", token), "from another site");
console.log("bought once");

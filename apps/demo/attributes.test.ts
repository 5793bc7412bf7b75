import { expect, test } from "vitest";
import { createApp } from "./app.ts";
import { visitorOf } from "./demo-visitor.ts";
import { signedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

const app = createApp(
  demoOf(signedPlace({ secretKey: "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA", secretKeyFallbacks: [] })),
);

test("a trial sets exactly what was asked for, and notes who brought it", async () => {
  const { ask, jar } = visitorOf(app);
  const wish = {
    secure: true,
    httpOnly: true,
    sameSite: "None",
    path: "/",
    maxAge: 3600,
    prefix: "__Secure-",
  };
  const { json, setCookies } = await ask("POST", "/attributes", wish);
  expect(setCookies).toEqual([
    `__Secure-trial=${json.trial}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=None`,
  ]);
  expect(json).toEqual({
    trial: expect.stringMatching(/^[\w-]{22}$/),
    name: "__Secure-trial",
    header: setCookies[0],
    refusal: null,
  });
  expect((await ask("GET", `/attributes/trial/${json.trial}`)).json).toEqual({});
  expect((await ask("GET", `/attributes/seen?of=${json.trial}`)).json).toEqual({ came: true });
  jar.clear();
  expect((await ask("GET", `/elsewhere?of=${json.trial}`)).json).toEqual({ came: false });
  expect((await ask("GET", `/attributes/trial/${json.trial}`)).json).toEqual({
    here: true,
    elsewhere: false,
  });
});

test("it also sets what contradicts itself, with what the library says of it", async () => {
  const { json } = await visitorOf(app).ask("POST", "/attributes", { sameSite: "None" });
  expect(json.header).toBe(`trial=${json.trial}; SameSite=None`);
  expect(json.refusal).toContain("secure: true");
});

test.each([{ sameSite: "lax" }, { path: "/; Domain=evil" }, { maxAge: "3" }, { prefix: "__Http-" }])(
  "no other attributes than those of the form are taken: %j",
  async (wish) => {
    const { status, setCookies } = await visitorOf(app).ask("POST", "/attributes", wish);
    expect([status, setCookies]).toEqual([400, []]);
  },
);

test("the page of another site is of a trial and of this machine, and may be framed by the demo alone", async () => {
  const { ask } = visitorOf(app);
  const { trial } = (await ask("POST", "/attributes", {})).json;
  for (const query of [`of=${trial}&home=evil.example`, `of=${trial}`, `of="><script>&home=localhost`]) {
    expect((await app.request(`/attributes/stranger?${query}`)).status).toBeGreaterThanOrEqual(400);
  }
  const url = `http://localhost:5555/attributes/stranger?of=${trial}&home=127.0.0.1`;
  const response = await app.request(url);
  expect(response.headers.get("Content-Security-Policy")).toBe(
    "default-src 'none'; img-src http://127.0.0.1:5555 data:; frame-ancestors http://127.0.0.1:5555",
  );
  expect(await response.text()).toContain(`http://127.0.0.1:5555/attributes/picture?of=${trial}`);
});

import { MemoryStore } from "hipflask/stores/memory";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { inspected, type Visitor, visitorOf } from "./demo-visitor.ts";
import { encryptedPlace, type Place, signedPlace, storedPlace } from "./place.ts";
import { demoOf } from "./test-demo.ts";

const KEYS = { secretKey: "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA", secretKeyFallbacks: [] };
const PASSWORD = "Käsekuchen 42";
const NEW = "Knuspermüsli 43";
let names = 0;

/** A demo whose visitors have their sessions in this place, and somebody who has signed up there. */
async function signedUp(place: Place, remember = false) {
  const app = createApp(demoOf(place));
  const visitor = visitorOf(app);
  const name = `Käthe ${++names} ${place.name}`;
  const { status, json } = await visitor.ask("POST", "/account/sign-up", {
    name,
    password: PASSWORD,
    remember,
  });
  expect([status, json]).toEqual([200, { account: name, next: "/see/account" }]);
  const logIn = async (password: string, body: object = {}) => {
    const other = visitorOf(app);
    const answer = await other.ask("POST", "/account/log-in", { name, password, ...body });
    return { ...other, answer };
  };
  return { app, name, visitor, logIn };
}

async function who({ ask }: Pick<Visitor, "ask">): Promise<unknown> {
  return (await ask("GET", "/account")).json.account;
}

const PLACES: readonly [string, () => Place][] = [
  ["a signed cookie", () => signedPlace(KEYS)],
  ["an encrypted cookie", () => encryptedPlace(KEYS)],
  ["a store", () => storedPlace("memory", new MemoryStore())],
];

describe.each(PLACES)("an account, with sessions in %s", (_where, place) => {
  let demo: Awaited<ReturnType<typeof signedUp>>;
  beforeAll(async () => {
    demo = await signedUp(place());
  });

  test("is known by its session from signing up to logging out", async () => {
    const { name, visitor } = demo;
    const { json } = await visitor.ask("GET", "/account");
    expect(json).toMatchObject({ account: name, fresh: true, remembered: false });
    expect((await visitor.ask("POST", "/account/log-out")).json).toEqual({ account: null });
    expect(await who(visitor)).toBeNull();
  });

  test("a new password ends every other login, remembered ones too, and keeps this one with its cart", async () => {
    const { name, logIn } = await signedUp(place());
    const [here, there, elsewhere] = await Promise.all(
      [{ remember: true }, {}, { remember: true }].map((body) => logIn(PASSWORD, body)),
    );
    elsewhere!.jar.delete("session");
    await here!.ask("POST", "/store/buy/moon");
    const wrong = { password: "not the password", new_password: NEW };
    expect((await here!.ask("POST", "/account/password", wrong)).status).toBe(401);
    const right = { password: PASSWORD, new_password: NEW };
    expect((await here!.ask("POST", "/account/password", right)).json).toEqual({ account: name });
    expect((await here!.ask("GET", "/account")).json).toMatchObject({ account: name, remembered: true });
    expect((await here!.ask("GET", "/store")).json.totals.session).toBe(45);
    expect(await Promise.all([there!, elsewhere!].map(who))).toEqual([null, null]);
    expect((await there!.ask("GET", "/inspect")).json.user).toBeNull();
    expect((await logIn(PASSWORD)).answer.status).toBe(401);
    expect((await logIn(NEW)).answer.status).toBe(200);
  });

  test("logging out everywhere ends all logins, and copies of their cookies", async () => {
    const { logIn, visitor } = await signedUp(place(), true);
    const there = await logIn(PASSWORD, { remember: true });
    const copy = new Map(visitor.jar);
    expect((await there.ask("POST", "/account/log-out-everywhere")).status).toBe(200);
    expect(await who(visitor)).toBeNull();
    for (const [cookie, value] of copy) visitor.jar.set(cookie, value);
    expect(await who(visitor)).toBeNull();
    expect((await there.ask("POST", "/account/log-out-everywhere")).status).toBe(401);
  });

  test("a remembered login outlives the session, and needs the password again for a new one", async () => {
    const { name, visitor } = await signedUp(place(), true);
    visitor.jar.delete("session");
    expect((await visitor.ask("GET", "/account")).json).toMatchObject({
      account: name,
      fresh: false,
      remembered: true,
    });
    const change = { password: PASSWORD, new_password: NEW };
    expect((await visitor.ask("POST", "/account/password", change)).status).toBe(403);
    expect((await visitor.ask("POST", "/account/confirm", { password: "no" })).status).toBe(401);
    await visitor.ask("POST", "/account/confirm", { password: PASSWORD });
    expect((await visitor.ask("POST", "/account/password", change)).status).toBe(200);
  });

  test("nobody becomes it by its ID", async () => {
    const { visitor } = await signedUp(place());
    const { payload, kept } = await inspected(visitor);
    const id = (payload ?? kept.data)._user_id ?? (await visitor.ask("GET", "/inspect")).json.user;
    expect(id).toMatch(/^account-/);
    const thief = visitorOf(demo.app);
    expect((await thief.ask("POST", "/login", { name: id })).status).toBe(400);
    expect(await who(thief)).toBeNull();
  });

  test("a page for who is logged in sends everybody else to log in, and back", async () => {
    const { app, visitor, logIn } = demo;
    const cookieOf = ({ jar }: Pick<Visitor, "jar">) =>
      Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ");
    const asked = await app.request("/see/diary", { headers: { Cookie: cookieOf(visitor) } });
    expect([asked.status, asked.headers.get("Location")]).toEqual([302, "/see/account?next=%2Fsee%2Fdiary"]);
    const inside = await logIn(PASSWORD, { next: "/see/diary" });
    expect(inside.answer.json.next).toBe("/see/diary");
    expect((await app.request("/see/diary", { headers: { Cookie: cookieOf(inside) } })).status).toBe(200);
  });
});

describe("accounts", () => {
  let demo: Awaited<ReturnType<typeof signedUp>>;
  beforeAll(async () => {
    demo = await signedUp(storedPlace("memory", new MemoryStore()));
  });

  test.each(["//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", 7, null])(
    "a login leads to no other site: %s",
    async (next) => {
      const { name, app } = demo;
      const body = { name, password: PASSWORD, next };
      expect((await visitorOf(app).ask("POST", "/account/log-in", body)).json.next).toBe("/see/account");
    },
  );

  test("a name that nobody has and a wrong password get the same answer", async () => {
    const { app } = demo;
    const nobody = await visitorOf(app).ask("POST", "/account/log-in", {
      name: "Nobody",
      password: PASSWORD,
    });
    const wrong = (await demo.logIn("not the password")).answer;
    expect([nobody.status, nobody.json]).toEqual([wrong.status, wrong.json]);
    expect(nobody.status).toBe(401);
    expect([nobody.setCookies, wrong.setCookies]).toEqual([[], []]);
  });

  test("the same name, however it is written, is taken once, also at once", async () => {
    const { app } = demo;
    const name = `Zoë ${Date.now()}`;
    const bodies = [name, name.toUpperCase(), name.normalize("NFD")].map((one) => ({
      name: one,
      password: PASSWORD,
    }));
    const answers = await Promise.all(
      bodies.map((body) => visitorOf(app).ask("POST", "/account/sign-up", body)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.json).toEqual({ error: "That name is taken." });
  });

  test("what is no name or no password is refused before anything is kept", async () => {
    const { ask } = visitorOf(demo.app);
    for (const body of [
      {},
      { name: " ", password: PASSWORD },
      { name: "Ada", password: "short" },
      { name: "Ada", password: ["12345678"] },
      { name: "A".repeat(81), password: PASSWORD },
      { name: "Ada", password: "x".repeat(201) },
    ]) {
      expect((await ask("POST", "/account/sign-up", body)).status).toBe(400);
    }
  });

  test("too many wrong passwords are not even looked at", async () => {
    const { app } = demo;
    const name = `Nobody ${Date.now()}`;
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++)
      statuses.push(
        (await visitorOf(app).ask("POST", "/account/log-in", { name, password: "guess" })).status,
      );
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  test("devices are listed, and each can be logged out", async () => {
    const { logIn, name } = await signedUp(storedPlace("memory", new MemoryStore()));
    const [here, phone] = [await logIn(PASSWORD), await logIn(PASSWORD, { device: "Phone" })];
    const { devices } = (await here.ask("GET", "/account")).json;
    const { id } = devices.find(({ device }: { device: string }) => device === "Phone");
    expect((await phone.ask("POST", `/account/devices/${id}/end`)).status).toBe(200);
    expect([await who(here), await who(phone)]).toEqual([name, null]);
    expect((await here.ask("POST", `/account/devices/${id}/end`)).status).toBe(404);
    expect((await phone.ask("POST", `/account/devices/${devices[0].id}/end`)).status).toBe(401);
  });

  test("of two new passwords at once one is kept, and whoever set it stays", async () => {
    const { logIn, visitor } = await signedUp(storedPlace("memory", new MemoryStore()));
    const other = await logIn(PASSWORD);
    const words = ["first one wins", "second one wins"];
    const answers = await Promise.all(
      [visitor, other].map(({ ask }, i) =>
        ask("POST", "/account/password", { password: PASSWORD, new_password: words[i] }),
      ),
    );
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await logIn(words[winner]!)).answer.status).toBe(200);
    expect(await who([visitor, other][1 - winner]!)).toBeNull();
    expect(await who([visitor, other][winner]!)).not.toBeNull();
  });
});

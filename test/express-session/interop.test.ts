import { createRequire } from "node:module";
import express from "express";
import session, { Cookie, type Store, toExpressStore } from "hipflask/express-session";
import { MemoryStore as Records } from "hipflask/stores/memory";
import { describe, expect, test } from "vitest";
import { KEY, OTHER_KEY } from "../support/visitor.ts";
import { Browser, dictApp, OPTIONS, serve, theirs } from "./applications.ts";

const require = createRequire(import.meta.url);
/** What is used of Passport, which has no types of its own. */
interface Passport {
  use(strategy: object): void;
  serializeUser(serialize: (user: object, done: (error: null, user: object) => void) => void): void;
  deserializeUser(deserialize: (user: object, done: (error: null, user: object) => void) => void): void;
  session(): express.RequestHandler;
  authenticate(strategy: string, options: object): express.RequestHandler;
}
type Verify = (name: string, password: string, done: (error: null, user: object | false) => void) => void;
interface PassportRequest {
  readonly user?: object;
  logout(done: (error: unknown) => void): void;
}
const { Passport: Authenticator } = require("passport") as { Passport: new () => Passport };
const { Strategy } = require("passport-local") as { Strategy: new (verify: Verify) => object };

const TheirCookie = (theirs as unknown as { Cookie: typeof Cookie }).Cookie;

/** Their store in memory, which both can use. */
const theirStore = () => new (theirs as unknown as { MemoryStore: new () => Store }).MemoryStore();

const COOKIES = [
  {},
  { maxAge: 60_000 },
  {
    maxAge: 60_000,
    secure: false,
    sameSite: "lax",
    domain: "localhost",
    priority: "high",
    partitioned: true,
  },
  { httpOnly: false, sameSite: true },
  { path: "/" },
] as const;

describe("express-session and its drop-in on one store", () => {
  test.each([
    ["theirs, then ours", theirs, session],
    ["ours, then theirs", session, theirs],
  ])("one session goes through both: %s", async (_, first, second) => {
    const store = theirStore();
    const cookie = { maxAge: 60_000 };
    const one = new Browser(await serve(dictApp({ store, cookie }, first)));
    await one.send("POST", "/set/one");
    const two = new Browser(await serve(dictApp({ store, cookie }, second)), one.cookie);
    await two.send("POST", "/set/two");
    expect(two.cookie).toBe(one.cookie);
    expect(await one.json("/dump")).toEqual({ one: true, two: true });
    await two.send("POST", "/logout", false);
    expect(await one.json("/dump")).toEqual({});
  });

  test.each(COOKIES)("write the same Set-Cookie header: %j", async (cookie) => {
    const genid = () => "an ID with ö";
    const header = async (middleware: typeof session) => {
      const origin = await serve(dictApp({ store: theirStore(), cookie, genid }, middleware));
      const [text] = (await new Browser(origin).send("POST", "/set/a")).headers.getSetCookie();
      return text!.replace(/Expires=[^;]+/, "Expires=…");
    };
    expect(await header(session)).toBe(await header(theirs));
  });

  test.each(COOKIES)("store the same JSON of a cookie: %j", (options) => {
    const at = (cookie: Cookie) => JSON.parse(JSON.stringify(cookie)) as Record<string, unknown>;
    const [ours, their] = [at(new Cookie(options)), at(new TheirCookie(options))];
    expect(Object.keys(ours)).toEqual(Object.keys(their));
    expect({ ...ours, expires: 0, originalMaxAge: 0 }).toEqual({ ...their, expires: 0, originalMaxAge: 0 });
  });

  test("a key is replaced without ending a session", async () => {
    const store = theirStore();
    const old = new Browser(await serve(dictApp({ store }, theirs)));
    await old.send("POST", "/set/a");
    const rotated = new Browser(await serve(dictApp({ store, secret: [OTHER_KEY, KEY] })), old.cookie);
    expect(await rotated.json("/dump")).toEqual({ a: true });
  });

  test("express-session itself loses nothing on a store of ours", async () => {
    const store = toExpressStore(new Records());
    const browser = new Browser(await serve(dictApp({ store, saveUninitialized: true }, theirs)));
    await browser.send("POST", "/set/first");
    await Promise.all(Array.from({ length: 20 }, (_, i) => browser.send("POST", `/set/key${i}?ms=${i % 4}`)));
    expect(Object.keys(await browser.json("/dump"))).toHaveLength(21);
    const writing = browser.send("POST", "/set/late?ms=100", false);
    await new Promise((resolve) => {
      setTimeout(resolve, 30);
    });
    await browser.send("POST", "/logout", false);
    await writing;
    expect(await browser.json("/dump")).toEqual({});
  });

  test("cookie-parser's own secret signs where the option says nothing", async () => {
    const signature = require("cookie-signature") as { sign(value: string, secret: string): string };
    const app = express();
    app.use((request, _response, next) => {
      Object.assign(request, { secret: KEY });
      next();
    });
    const store = theirStore();
    app.use(dictApp({ store, secret: undefined }));
    const browser = new Browser(await serve(app));
    await browser.send("POST", "/set/a");
    const sid = decodeURIComponent(browser.cookie).split("s:")[1]!.split(".")[0]!;
    expect(browser.cookie).toBe(`connect.sid=${encodeURIComponent(`s:${signature.sign(sid, KEY)}`)}`);
  });
});

describe("Passport on the drop-in", () => {
  test("logs in, keeps the login, and logs out", async () => {
    const authenticator = new Authenticator();
    authenticator.use(
      new Strategy((name, password, done) => done(null, password === "right" ? { name } : false)),
    );
    authenticator.serializeUser((user, done) => done(null, user));
    authenticator.deserializeUser((user, done) => done(null, user));
    const app = express();
    app.use(express.urlencoded(), session(OPTIONS), authenticator.session());
    app.post(
      "/login",
      authenticator.authenticate("local", { successRedirect: "/me", failureRedirect: "/failed" }),
    );
    app.get(
      "/me",
      (request, response) =>
        void response.json({ user: (request as unknown as PassportRequest).user ?? null }),
    );
    app.post("/logout", (request, response, next) => {
      (request as unknown as PassportRequest).logout((error) =>
        error ? next(error) : response.redirect("/me"),
      );
    });
    const origin = await serve(app);
    const browser = new Browser(origin);
    const log = (password: string) =>
      browser
        .send("POST", `/login?username=ada&password=${password}`)
        .then(({ headers }) => headers.get("Location"));
    expect(await log("wrong")).toBe("/failed");
    expect(await log("right")).toBe("/me");
    const { cookie } = browser;
    expect(await browser.json("/me")).toEqual({ user: { name: "ada" } });
    await browser.send("POST", "/logout");
    expect(await browser.json("/me")).toEqual({ user: null });
    browser.cookie = cookie;
    expect(await browser.json("/me")).toEqual({ user: null });
  });
});

import { randomBytes } from "node:crypto";
import { HipflaskError } from "hipflask";
import { type CookieAttributes, parseCookie, stringifySetCookie } from "hipflask/cookie";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { LRUCache } from "lru-cache";
import { jsonBody } from "../body.ts";
import { landing, SITES, stranger } from "../stranger.ts";

const CHOICES = {
  prefix: ["", "__Secure-", "__Host-"],
  sameSite: [null, "Lax", "Strict", "None"],
  path: [null, "/", "/attributes", "/elsewhere"],
  maxAge: [null, 0, 3, 3600],
} as const;

/** The page of another site. */
const STRANGER = "/attributes/stranger";
/** What it shows. */
const PICTURE = "/attributes/picture";

/** Where a page of another site must not be kept out. */
export const FOR_STRANGERS: readonly string[] = [STRANGER, PICTURE];

/** From where a request can come in which the browser might send the cookie. */
const FROM = ["here", "elsewhere", "stranger", "link"] as const;
type From = (typeof FROM)[number];

/**
 * Sets a cookie with any attributes, also with those that contradict each other, and notes which requests the browser then sends it with. Its
 * value is the name of the trial, so that nothing is taken for it.
 */
export function attributeRoutes(): Hono {
  const app = new Hono();
  const trials = new LRUCache<string, Partial<Record<From, boolean>>>({ max: 1000, ttl: 60 * 60_000 });

  app.post("/attributes", async (c) => {
    const wish = wishIn(await jsonBody(c));
    const trial = randomBytes(16).toString("base64url");
    trials.set(trial, {});
    const name = `${wish.prefix}trial`;
    const header = headerFor(name, trial, wish);
    c.header("Set-Cookie", header);
    return c.json({ trial, name, header, refusal: refusalOf(name, trial, wish) });
  });

  /** What was left of trials before. */
  app.delete("/attributes", (c) => {
    for (const path of ["/", "/attributes", "/elsewhere"])
      c.header("Set-Cookie", `trial=; Max-Age=0; Path=${path}`, { append: true });
    for (const path of ["/", "/attributes", "/elsewhere"])
      c.header("Set-Cookie", `__Secure-trial=; Max-Age=0; Path=${path}; Secure`, { append: true });
    c.header("Set-Cookie", "__Host-trial=; Max-Age=0; Path=/; Secure", { append: true });
    return c.json({});
  });

  app.get("/attributes/trial/:trial", (c) => c.json(trials.get(c.req.param("trial")) ?? {}));

  app.get("/attributes/seen", (c) => seen(c, "here"));
  app.get("/elsewhere", (c) => seen(c, "elsewhere"));
  app.get(PICTURE, (c) => {
    note(c, "stranger");
    return c.body('<svg xmlns="http://www.w3.org/2000/svg"/>', 200, { "Content-Type": "image/svg+xml" });
  });
  app.get("/attributes/landed", (c) => {
    const { came } = note(c, "link");
    return c.html(landing(came));
  });
  app.get(STRANGER, (c) => {
    const { trial } = known(c);
    const site = SITES.find((one) => one === c.req.query("home"));
    if (site === undefined) throw new HTTPException(400, { message: `home is one of ${SITES.join(", ")}.` });
    const { protocol, port } = new URL(c.req.url);
    const home = `${protocol}//${site}${port === "" ? "" : `:${port}`}`;
    return c.html(stranger(home, trial), 200, {
      "Content-Security-Policy": `default-src 'none'; img-src ${home} data:; frame-ancestors ${home}`,
    });
  });

  return app;

  function seen(c: Context, from: From): Response {
    return c.json(note(c, from));
  }

  function note(c: Context, from: From): { came: boolean } {
    const { trial, record } = known(c);
    const came = [...parseCookie(c.req.header("Cookie")).values()].includes(trial);
    record[from] = came;
    return { came };
  }

  function known(c: Context): { trial: string; record: Partial<Record<From, boolean>> } {
    const trial = c.req.query("of") ?? "";
    const record = trials.get(trial);
    if (record === undefined) throw new HTTPException(404, { message: "There is no such trial." });
    return { trial, record };
  }
}

interface Wish {
  readonly prefix: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | null;
  readonly path: string | null;
  readonly maxAge: number | null;
}

function wishIn(body: Record<string, unknown>): Wish {
  const wish: Record<string, unknown> = {
    secure: body["secure"] === true,
    httpOnly: body["httpOnly"] === true,
  };
  for (const [key, choices] of Object.entries(CHOICES)) {
    const value = body[key] ?? choices[0];
    if (!(choices as readonly unknown[]).includes(value))
      throw new HTTPException(400, { message: `${key} is one of ${JSON.stringify(choices)}.` });
    wish[key] = value;
  }
  return wish as unknown as Wish;
}

/** By hand, because the library refuses what a browser would drop. */
function headerFor(name: string, value: string, { secure, httpOnly, sameSite, path, maxAge }: Wish): string {
  return [
    `${name}=${value}`,
    ...(maxAge === null ? [] : [`Max-Age=${maxAge}`]),
    ...(path === null ? [] : [`Path=${path}`]),
    ...(secure ? ["Secure"] : []),
    ...(httpOnly ? ["HttpOnly"] : []),
    ...(sameSite === null ? [] : [`SameSite=${sameSite}`]),
  ].join("; ");
}

/** What the library says of these attributes; null where it would set the cookie. */
function refusalOf(name: string, value: string, wish: Wish): string | null {
  const { prefix: _, ...attributes } = wish;
  const given = Object.fromEntries(Object.entries(attributes).filter(([, one]) => one !== null));
  try {
    stringifySetCookie(name, value, given as CookieAttributes);
    return null;
  } catch (error) {
    if (error instanceof HipflaskError) return error.message;
    throw error;
  }
}

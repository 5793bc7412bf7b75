/** What a session holds. */
import { bad, good } from "../cell.mjs";

/** Browsers keep no cookie that is longer, name and value together. */
const MOST = 4096;

/** Adds to a list inside of an object, without telling the library. */
async function nested({ visitor, row }) {
  await visitor.prepare("/login");
  await visitor.prepare("/push");
  await visitor.prepare("/push");
  if ((await visitor.read("cart"))?.items.length === 2) return good("yes");
  if (row.explicit === undefined) return bad("LOST");
  await visitor.prepare("/push?saving");
  return (await visitor.read("cart"))?.items.length === 2 ? good(`by ${row.explicit}`) : bad("LOST");
}

/** 6 KB of text that does not compress. */
async function large({ visitor, isInCookies }) {
  await visitor.prepare("/login");
  const { status, setCookies } = await visitor.get("/large");
  const longest = Math.max(0, ...setCookies.map((cookie) => cookie.split(";", 1)[0].length));
  if (longest > MOST) return bad(`${status}, a cookie of ${longest} bytes`);
  if (status === 500 && setCookies.length === 0) return good("an error");
  if ((await visitor.read("large"))?.length !== 6 * 1024) return bad(`${status}, and LOST`);
  return good(isInCookies ? `ok, ${setCookies.length} cookies` : "ok");
}

export const data = { nested, large };

/** The store does not work for a while. */
import { bad, good, none } from "../cell.mjs";

/** Somebody who is logged in comes while nothing can be read. */
async function reading({ visitor, isInCookies, ask }) {
  if (isInCookies) return none();
  await visitor.prepare("/login");
  await ask({ ask: "break", kind: "read" });
  const { status } = await visitor.get("/read?key=user");
  await ask({ ask: "break" });
  const isStill = (await visitor.read("user")) !== null;
  if (!isStill) return bad(`${status}, and logged out for good`);
  return isError(status) ? good(`${status}`) : bad(`${status}`);
}

/** Somebody new gets a session while nothing can be written. */
async function writing({ visitor, isInCookies, ask }) {
  if (isInCookies) return none();
  await ask({ ask: "break", kind: "write" });
  const { status, setCookies } = await visitor.get("/set?key=a&value=1");
  await ask({ ask: "break" });
  if ((await visitor.read("a")) === "1") return bad(`${status}, but it was written`);
  if (setCookies.length > 0) return bad(`${status}, and the cookie of no session`);
  return isError(status) ? good(`${status}`) : bad(`${status}, and nothing was written`);
}

function isError(status) {
  return status >= 500;
}

export const outage = { reading, writing };

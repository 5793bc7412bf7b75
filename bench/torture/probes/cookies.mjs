/** What a browser should not send, and does. */
import { bad, good } from "../cell.mjs";

const CORRUPT = {
  "an empty cookie": () => "",
  "bad percent signs": () => "%E0%A4%A%zz%",
  "half of the cookie": (value) => value.slice(0, value.length / 2),
  "4 KB of nothing": () => "A".repeat(4000),
  "quotes, dots and bytes": () => '"\\{.:.;\u00ff.\u00e9',
};

/** Each answered with 200, and nobody is logged in. */
async function corrupt({ visitor }) {
  await visitor.prepare("/login");
  const own = visitor.cookies;
  for (const [kind, damage] of Object.entries(CORRUPT)) {
    const { status, value } = await visitor.get("/read?key=user", changed(own, damage));
    if (status !== 200) return bad(`${kind}: ${status}`);
    if (value !== null) return bad(`${kind}: logged in`);
  }
  return good(`${Object.keys(CORRUPT).length} × 200`);
}

/** One character is another one, at eight places. */
async function tampered({ visitor }) {
  await visitor.prepare("/login");
  const own = visitor.cookies;
  for (let i = 0; i < 8; i++) {
    const other = changed(own, (value) => {
      const places = [...value.matchAll(SIGNIFICANT)].map(({ index }) => index);
      const at = places[Math.floor((places.length * i) / 8)];
      return value.slice(0, at) + another(value[at]) + value.slice(at + 1);
    });
    const { status, value } = await visitor.get("/read?key=user", other);
    if (status !== 200) return bad(`${status}`);
    if (value !== null) return bad("ACCEPTED");
  }
  return good("refused");
}

/** Letters and digits that are not part of an escape. */
const SIGNIFICANT = /(?<!%|%[\dA-F])[\dA-Za-z]/g;

/** A character that differs in the upper bits of what it stands for in base64: the lower ones of the last may not count. */
function another(character) {
  if (/\d/.test(character)) return "A";
  const upper = character.toUpperCase();
  return character === upper ? character.toLowerCase() : upper;
}

/** The Cookie header with another value in its longest cookie: signatures may stand in one of their own. */
function changed(header, change) {
  const pairs = header.split("; ");
  const longest = pairs.toSorted((a, b) => b.length - a.length)[0];
  const [name] = longest.split("=", 1);
  const other = `${name}=${change(longest.slice(name.length + 1))}`;
  return pairs.map((pair) => (pair === longest ? other : pair)).join("; ");
}

export const cookies = { corrupt, tampered };

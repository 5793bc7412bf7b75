/**
 * Makes src/cli/secret/known-secrets.ts of lists of secrets that were found in public code, which are given as files:
 *
 *   npm run build && node scripts/known-secrets.mjs FILE...
 *
 * The lists are those of Flask-Unsign-Wordlist (github.com/Paradoxis/Flask-Unsign-Wordlist, commit a8a00d0, MIT: github.txt, gitlab.txt,
 * searchcode.txt, stackexchange.txt, stackoverflow.txt) and of Wallarm's jwt-secrets (github.com/wallarm/jwt-secrets, commit 99e2360, MIT:
 * jwt.secrets.list). What is weak by its look is left out: nobody needs a list for it. Of the others the file has the first 36 bits of
 * their SHA-256, sorted, each as its distance from the one before, in LEB128, in base64.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { weaknessOf } from "../dist/signer/index.js";

const OUT = join(import.meta.dirname, "../src/cli/secret/known-secrets.ts");
const BITS = 36;
/** Longer ones are pieces of programs. */
const MAX_LENGTH = 200;

const secrets = process.argv
  .slice(2)
  .flatMap((file) => readFileSync(file, "utf8").split(/\r?\n/))
  .map(unquoted)
  .filter((text) => text.length <= MAX_LENGTH && weaknessOf(text) === undefined);
const prefixes = [...new Set(secrets.map(prefixOf))].toSorted((a, b) => a - b);
const bytes = prefixes.flatMap((prefix, i) => leb128(prefix - (prefixes[i - 1] ?? 0)));
const text = Buffer.from(bytes).toString("base64");
writeFileSync(
  OUT,
  `/** ${prefixes.length} secrets out of public code, by scripts/known-secrets.mjs, which says where they are from and how they are written here. */
export const KNOWN_SECRETS = "${text}";
`,
);
console.log(`${prefixes.length} secrets in ${text.length} bytes`);

/** The lists of programs' sources have their strings as they stand there. */
function unquoted(line) {
  return /^(["'])(.*)\1$/.exec(line)?.[2] ?? line;
}

function prefixOf(secret) {
  return Number(createHash("sha256").update(secret).digest().readBigUInt64BE() >> BigInt(64 - BITS));
}

function leb128(number) {
  const digits = [];
  for (let rest = number; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...digits, rest];
    digits.push((rest % 128) + 128);
  }
}

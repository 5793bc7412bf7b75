/** Words that everybody tries first. Shorter ones would be found in random keys, too. */
const WORDS =
  /secret|password|passwd|session|flask|django|token|admin|super|private|change|example|default|testing|qwerty|welcome|letmein|express|signing|cookie/g;

/** What stands for a letter in passwords. */
const LEET: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
};

/** Fewer characters beside the words can be guessed. */
const MIN_REST = 16;

/** Whether a key is a word in disguise, as `s3cr3t-k3y-f0r-fl4sk`: a well-known one, and too little beside it. */
export function isDisguisedWord(secret: string): boolean {
  const plain = secret.toLowerCase().replace(/[013457@$!|]/g, (char) => LEET[char]!);
  const rest = plain.replaceAll(WORDS, "");
  return rest.length < plain.length && rest.length < MIN_REST;
}

/** The keys of a keyboard, each below its neighbours in the row above; and what Shift makes of them. */
const ROWS = ["`1234567890-=", " qwertyuiop[]\\", " asdfghjkl;'", " zxcvbnm,./"];
const SHIFTED = ["~!@#$%^&*()_+", " QWERTYUIOP{}|", ' ASDFGHJKL:"', " ZXCVBNM<>?"];

const KEYS: ReadonlyMap<string, { readonly row: number; readonly column: number }> = new Map(
  [ROWS, SHIFTED].flatMap((rows) =>
    rows.flatMap((keys, row) => Array.from(keys, (key, column) => [key, { row, column }] as const)),
  ),
);

/** Of all steps, so many lead to a key beside the last one. In random keys it is one in seven. */
const WALKING = 0.75;

/** Whether a key was made by walking over a keyboard, as `1qaz2wsx#EDC4rfv`. */
export function isKeyboardWalk(secret: string): boolean {
  const steps = Array.from({ length: secret.length - 1 }, (_, i) => isStep(secret[i]!, secret[i + 1]!));
  return steps.filter(Boolean).length >= WALKING * steps.length;
}

function isStep(from: string, to: string): boolean {
  const [a, b] = [KEYS.get(from), KEYS.get(to)];
  return (
    a !== undefined && b !== undefined && Math.abs(a.row - b.row) <= 1 && Math.abs(a.column - b.column) <= 1
  );
}

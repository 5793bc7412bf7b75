/** What the tormentor may do to a server beside sending it requests. */

let warnings = 0;
process.on("warning", () => warnings++);

/**
 * @param {import("./line.mjs").Line} line
 * @param {{ keys(): string[], clear(): void } | undefined} store undefined where sessions are in cookies
 * @returns {(question: object) => unknown}
 */
export function controlOf(line, store) {
  const questions = {
    /** An answer shows that the server lives. */
    nothing: () => {},
    /** Every operation of the kind takes so many milliseconds from now on. */
    slow: ({ kind, milliseconds }) => line.slow(kind, milliseconds),
    /** Operations of the kind fail from now on; without a kind: none. */
    break: ({ kind }) => line.break(kind),
    /** What the store was asked since the last time. */
    operations: () => line.takeOperations(),
    /** How often the process has warned the developer. */
    warnings: () => warnings,
    /** Under what the store keeps something. */
    keys: () => store.keys(),
    /** The store forgets everything. */
    clear: () => store.clear(),
  };
  return ({ ask, ...given }) => questions[ask](given);
}

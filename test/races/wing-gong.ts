import { happen, type Operation, type State } from "./history.ts";

/** How many states a search may see before it gives up. */
const LIMIT = 2_000_000;

interface Node {
  /** The operations that have happened, one bit each. */
  readonly done: bigint;
  readonly count: number;
  /** The first answered operation that has not. */
  readonly low: number;
  readonly state: State;
}

/**
 * Whether one order of all answered operations, and of any unanswered ones, explains all answers, such that what was
 * answered before another one was called comes first (Wing and Gong's search, with Lowe's memory of what was tried).
 *
 * @returns undefined, or what the longest order that fits came to, in words
 * @throws Error when the history is too long to tell
 */
export function findContradiction(history: readonly Operation[]): string | undefined {
  const operations = history.toSorted((a, b) => a.called - b.called);
  const answered = operations.flatMap(({ answered: end }, index) => (end < Infinity ? [index] : []));
  const unanswered = operations.flatMap(({ answered: end }, index) => (end < Infinity ? [] : [index]));
  const isDone = (node: Node, index: number): boolean => ((node.done >> BigInt(index)) & 1n) === 1n;

  /** What may happen next: what was called before anything that must come first was answered. */
  const candidates = (node: Node): number[] => {
    const next: number[] = [];
    let first = Infinity;
    for (let at = node.low; at < answered.length; at++) {
      const index = answered[at]!;
      const operation = operations[index]!;
      if (operation.called > first) break;
      if (isDone(node, index)) continue;
      next.push(index);
      first = Math.min(first, operation.answered);
    }
    for (const index of unanswered) {
      if (operations[index]!.called > first) break;
      if (!isDone(node, index)) next.push(index);
    }
    return next;
  };

  let furthest: Node = { done: 0n, count: 0, low: 0, state: "new" };
  const open = [furthest];
  const seen = new Set<string>();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.low === answered.length) return undefined;
    if (node.count > furthest.count) furthest = node;
    for (const index of candidates(node)) {
      const state = happen(operations[index]!, node.state);
      if (state === undefined) continue;
      const done = node.done | (1n << BigInt(index));
      const key = `${done.toString(36)} ${JSON.stringify(state)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > LIMIT)
        throw new Error(`a history of ${operations.length} operations is too long to check`);
      const next = { done, count: node.count + 1, low: node.low, state };
      while (next.low < answered.length && isDone(next, answered[next.low]!)) next.low += 1;
      open.push(next);
    }
  }
  const lines = [
    `${furthest.count} of ${operations.length} operations can be put in an order, and leave ${JSON.stringify(furthest.state)}.`,
    "Next comes one of:",
    ...candidates(furthest).map((index) => JSON.stringify(operations[index])),
    "and all of them are:",
    ...operations.map(
      (operation, index) => `${isDone(furthest, index) ? "  " : "! "}${JSON.stringify(operation)}`,
    ),
  ];
  return lines.join("\n");
}

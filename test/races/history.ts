/** What a store showed of a record. Each write has a value and an expiry that no other one has. */
export interface Shown {
  readonly value: string;
  readonly expires: number;
}

/** When an operation was called and answered, by a clock that ticks with each call and answer. */
export interface Span {
  readonly client: number;
  readonly called: number;
  /** Infinity: it was never answered, so it may have happened at any time after the call, or not at all. */
  readonly answered: number;
}

/**
 * One operation on one record. `answer` is undefined when there was none. A `replace` is a `save` of the record that it
 * retires and a `create` of the next one; a `deleteOwned` is an `end` of each of the owner's records.
 */
export type Operation = Span &
  (
    | (Shown & { readonly kind: "create"; readonly answer: "created" | "exists" | undefined })
    | { readonly kind: "load"; readonly answer: Shown | "nothing" }
    | (Shown & {
        readonly kind: "save";
        /** The value whose version the caller had. */
        readonly expected: string;
        readonly answer: "saved" | "gone" | Shown | undefined;
      })
    | {
        readonly kind: "touch";
        readonly expected: string;
        readonly expires: number;
        readonly answer: boolean | undefined;
      }
    | { readonly kind: "delete"; readonly answer: Shown | "nothing" | undefined }
    | { readonly kind: "end" }
  );

/** What a record is at one moment: not made yet, there, or ended. */
export type State = "new" | "ended" | Shown;

/**
 * What `state` becomes when `operation` happens: undefined when its answer contradicts that. An unanswered operation that
 * would change nothing is a contradiction too: it need not have happened.
 */
export function happen(operation: Operation, state: State): State | undefined {
  const there = typeof state === "object" ? state : undefined;
  switch (operation.kind) {
    case "create": {
      const { value, expires, answer } = operation;
      // Whether the key of an ended record may be used again is left to the store.
      if (answer === "exists") return state === "new" ? undefined : state;
      return there === undefined ? { value, expires } : undefined;
    }
    case "load":
      return matches(there, operation.answer) ? state : undefined;
    case "save": {
      const { value, expires, expected, answer } = operation;
      if (answer === "gone") return there === undefined ? state : undefined;
      const isCurrent = there?.value === expected;
      if (answer === undefined || answer === "saved") return isCurrent ? { value, expires } : undefined;
      return !isCurrent && matches(there, answer) ? state : undefined;
    }
    case "touch": {
      const { expires, expected, answer } = operation;
      const isCurrent = there?.value === expected;
      if (answer === false) return isCurrent ? undefined : state;
      return isCurrent ? { value: expected, expires } : undefined;
    }
    case "delete":
      if (operation.answer === undefined) return there && "ended";
      if (operation.answer === "nothing") return there === undefined ? state : undefined;
      return matches(there, operation.answer) ? "ended" : undefined;
    case "end":
      if (there !== undefined) return "ended";
      return operation.answered === Infinity ? undefined : state;
  }
}

function matches(there: Shown | undefined, answer: Shown | "nothing"): boolean {
  if (answer === "nothing") return there === undefined;
  return there?.value === answer.value && there.expires === answer.expires;
}

/** What the server answers instead of a result: a number and a name that drivers know, and a text for people. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** More fields of the answer. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(codeName: keyof typeof CODES, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.codeName = codeName;
    this.code = CODES[codeName];
    this.details = details;
  }
}

/** MongoDB's own numbers (`error_codes.yml` of its source). */
const CODES = {
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  CommandNotFound: 59,
  ImmutableField: 66,
  InvalidOptions: 72,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  TransactionTooOld: 225,
  NotImplemented: 238,
  BSONObjectTooLarge: 10_334,
  DuplicateKey: 11_000,
  UnknownField: 40_415,
} as const;

/** For whatever a real server may do, and this one does not. */
export function refuse(what: string): never {
  throw new CommandError("NotImplemented", `The stand-in for MongoDB does not know ${what}.`);
}

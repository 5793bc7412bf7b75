/** Which of the contract's optional methods a store has (what is left out it has not), and its limit. */
export interface StoreCapabilities {
  /** `deleteExpired`. Default: false. */
  readonly deleteExpired?: boolean;
  /** `listOwned` and `deleteOwned`. Default: false. */
  readonly owners?: boolean;
  /** `deleteAll`. Default: false. */
  readonly deleteAll?: boolean;
  /** `list`. Default: false. */
  readonly list?: boolean;
  /**
   * Whether each method is atomic against other processes too, as the contract wants it. Default: true. Where the backend has nothing
   * conditional, the suite uses one store where it would use two.
   */
  readonly atomic?: boolean;
  /** How many bytes of data a record may have; more is a `TooLargeError`. Default: 1 MiB is tried. */
  readonly maxBytes?: number;
}

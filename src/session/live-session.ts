import type { Session } from "./session.ts";

/** What a session in a store does there at once, before the response. */
export interface LiveSession<Data extends object> {
  /** The name of the session's record. */
  readonly id: string | undefined;
  /**
   * Lets `change` work on the newest text, in which `changes` are, and stores what it makes of it: the text that is stored now. Absent where
   * the store does not have the data.
   */
  update?(changes: Changes, change: (text: string) => Promise<string>): Promise<string>;
  /** Stores `changes` under a new ID; the text that is stored now. */
  regenerate(changes: Changes, identity: NewIdentity): Promise<string>;
  /** A provisional session is to stay: others of the user's make room for it. Absent where there is no limit. */
  stay?(): Promise<void>;
  /** Ends the session for good. */
  destroy(): Promise<void>;
  /** What was made of a session at two places, that was `base` at both. */
  merge(base: string, ours: string, theirs: string): string;
  /** The session that a stored text stands for. */
  revive(text: string): Session<Data> | Promise<Session<Data>>;
}

/** Whose session it is from now on. */
export interface NewIdentity {
  readonly user: string | undefined;
  /** What the user's list of sessions calls the device; undefined: what the request tells of it. */
  readonly device: string | undefined;
  /** Whether the old ID can be read no more, not even for a moment. */
  readonly atOnce: boolean;
  /** Whether it may come to nothing, so that no other session of the user's makes room for it yet. */
  readonly provisional: boolean;
}

/** What a request did to its session. */
export interface Changes {
  /** The session as it began, and as it is now. */
  readonly base: string;
  readonly text: string;
  readonly modified: boolean;
  /** It was emptied, so nothing of what others keep in it stays. */
  readonly cleared: boolean;
}

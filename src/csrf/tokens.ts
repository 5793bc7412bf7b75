import { type Clock, LEEWAY, seconds, systemClock } from "../clock.ts";
import { constantTimeEqualText } from "../crypto/equal.ts";
import { randomBytes } from "../crypto/random.ts";
import { BadData, ConfigError } from "../errors.ts";
import { URLSafeTimedSerializer } from "../signer/index.ts";
import { checkSecretKeys, type SecretKey } from "../signer/secret-key.ts";

/** How {@link CsrfTokens} are signed, and for how long they are good. */
export interface CsrfTokenOptions {
  /** What signs the tokens: the secret key of the sessions will do. */
  readonly secretKey: SecretKey | undefined;
  /** Former keys, whose tokens are still good. Default: none. */
  readonly secretKeyFallbacks?: readonly (SecretKey | undefined)[] | undefined;
  /** Seconds that a token is good, as long as its session lives; null: that long. Default: 3600. @see WTF_CSRF_TIME_LIMIT */
  readonly timeLimit?: number | null;
  /** The key of the session's data under which its part of the tokens is kept. Default: `csrf_token`. @see WTF_CSRF_FIELD_NAME */
  readonly fieldName?: string;
  /**
   * Whether tokens are those of Flask-WTF, for an application that shares its sessions with Flask. They stay good when the visitor
   * logs in. Default: false.
   */
  readonly flaskWtf?: boolean;
  /** Tells how old a token is. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** A session, as `sessions.get` gives it. */
interface TokenSession {
  readonly data: object;
  readonly user: string | undefined;
  /** @internal What is stored beside the data: also what its schema does not know. */
  own?(key: string): unknown;
  /** @internal */
  setOwn?(key: string, value: unknown): void;
}

/** The bytes of a session's part of the tokens: as many digits as a SHA-1 of Flask-WTF's has. */
const SECRET_BYTES = 20;
const SALT = "wtf-csrf-token";

/**
 * Tokens for forms that only pages of the same session know. Each is another text, good for an hour, and, unless it is for
 * Flask, good for the user alone who was logged in when it was made.
 *
 * @example
 * const csrf = new CsrfTokens({ secretKey: process.env.SECRET_KEY });
 * const field = `<input type="hidden" name="csrf_token" value="${csrf.make(session)}">`;
 * if (!csrf.isGood(session, form.get("csrf_token"))) throw new Forbidden();
 */
export class CsrfTokens {
  readonly #serializer: URLSafeTimedSerializer;
  readonly #fieldName: string;
  readonly #timeLimit: number | null;
  readonly #isFlasks: boolean;
  readonly #clock: Clock;

  /** @throws ConfigError without a secret key, and for options that no token can be made or checked with */
  constructor(options: CsrfTokenOptions) {
    if (typeof options !== "object" || options === null)
      throw new ConfigError(
        "CsrfTokens takes options, a key above all: { secretKey: process.env.SECRET_KEY }.",
      );
    const {
      secretKey,
      secretKeyFallbacks,
      fieldName = "csrf_token",
      timeLimit = 3600,
      clock = systemClock,
    } = options;
    if (typeof fieldName !== "string" || fieldName === "")
      throw new ConfigError("fieldName must be a string that is not empty.");
    if (timeLimit !== null && !(Number.isFinite(timeLimit) && timeLimit > 0))
      throw new ConfigError(
        "timeLimit must be a number of seconds, or null for as long as the session lives.",
      );
    const keys = checkSecretKeys(secretKey, secretKeyFallbacks);
    this.#serializer = new URLSafeTimedSerializer(keys, { clock });
    this.#fieldName = fieldName;
    this.#timeLimit = timeLimit;
    this.#isFlasks = options.flaskWtf ?? false;
    this.#clock = clock;
  }

  /** A token for a page of this session, which gets its part of the tokens with the first one. */
  make(session: TokenSession): string {
    let secret = this.#secret(session);
    if (secret === undefined) {
      secret = Buffer.from(randomBytes(SECRET_BYTES)).toString("hex");
      if (session.setOwn) session.setOwn(this.#fieldName, secret);
      else (session.data as Record<string, unknown>)[this.#fieldName] = secret;
    }
    return this.#serializer.dumps(secret, this.#salt(session));
  }

  /** Whether a token was made for this session, by us, and not too long ago. */
  isGood(session: TokenSession, token: unknown): boolean {
    const secret = this.#secret(session);
    if (typeof token !== "string" || secret === undefined) return false;
    try {
      const made = this.#serializer.loads(token, { salt: this.#salt(session), returnTimestamp: true });
      const { payload, timestamp } = made;
      return (
        this.#isInTime(timestamp) && typeof payload === "string" && constantTimeEqualText(payload, secret)
      );
    } catch (error) {
      if (error instanceof BadData) return false;
      throw error;
    }
  }

  /** Flask-WTF takes no token of a clock that is ahead, so neither do we for it. */
  #isInTime(made: Date): boolean {
    if (this.#timeLimit === null) return true;
    const age = seconds(this.#clock) - made.getTime() / 1000;
    return age >= (this.#isFlasks ? 0 : -LEEWAY) && age <= this.#timeLimit;
  }

  /** The session's part of the tokens. Where a schema does not know it, it is stored all the same, and not part of the data. */
  #secret(session: TokenSession): string | undefined {
    const secret =
      session.own?.(this.#fieldName) ?? (session.data as Record<string, unknown>)[this.#fieldName];
    return typeof secret === "string" ? secret : undefined;
  }

  /** A token is good for the user who got it. Flask-WTF's is for the session, whoever that is. */
  #salt(session: TokenSession): string {
    return this.#isFlasks ? SALT : `${SALT} ${session.user ?? ""}`;
  }
}

import { FlaskCookie } from "../codec/index.ts";
import { type AcceptedFormat, acceptedCookie } from "../session/index.ts";
import { withoutOwn } from "../session/reserved.ts";
import { withTextUser } from "../session/text-user.ts";
import { DAY, sessionCookie, signingKeys } from "./config.ts";
import type { FlaskConfig } from "./config-keys.ts";

/**
 * Takes over the sessions that Flask keeps in its signed cookie, so that leaving it logs nobody out.
 *
 * @param config that of the Python app
 * @example createSessions({ secretKey, accept: [acceptFlask({ SECRET_KEY: process.env.FLASK_SECRET_KEY })] })
 * @throws ConfigError for what cannot be honoured
 */
export function acceptFlask(config: FlaskConfig): AcceptedFormat {
  const keys = signingKeys(config);
  const cookie = sessionCookie(config);
  const lifetime = config.PERMANENT_SESSION_LIFETIME ?? 31 * DAY;
  return {
    open(setup) {
      const codec = new FlaskCookie(keys, { clock: setup.timing.clock });
      const format = acceptedCookie({
        program: "Flask",
        cookies: [cookie],
        find: (sent) => sent(cookie.name).filter((value) => codec.hasForm(value)),
        read(value) {
          const opened = codec.open(value, lifetime);
          if (opened.refused !== undefined) return opened;
          const { data, numberTypes, signedAt } = opened;
          const expires = signedAt + lifetime + 1;
          const session = { data: withTextUser(withoutOwn(data)), numberTypes, expires };
          return { origin: value.slice(0, value.lastIndexOf(".")), session };
        },
      });
      return format.open(setup);
    },
  };
}

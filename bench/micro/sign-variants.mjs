/**
 * Ways to put a session into a text that nobody else can make and to get it back. Each is written as its documentation tells,
 * keys made once. `verify` throws, or answers nothing, for what it refuses.
 *
 * @typedef {object} SignVariant
 * @property {string} name
 * @property {boolean} [async]
 * @property {(data: object) => string | Promise<string>} sign
 * @property {(text: string) => object | undefined | Promise<object | undefined>} verify
 */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import cookieSignature from "cookie-signature";
import { URLSafeTimedSerializer as ItsdangerousJs } from "itsdangerous.js";
import { jwtVerify, SignJWT } from "jose";
import nobi from "nobi";
import { FlaskCookie } from "../../dist/codec/index.js";
import { URLSafeTimedSerializer } from "../../dist/signer/index.js";
import { SECRET } from "../lib/samples.mjs";

const DAYS_31 = 31 * 24 * 60 * 60;
const SALT = "cookie-session";

export function signVariants() {
  return [
    flaskCookie(),
    timedSerializer(),
    plainNodeCrypto(),
    itsdangerousJs(),
    nobiSigner(),
    signature(),
    jose(),
  ];
}

function flaskCookie() {
  const codec = new FlaskCookie([SECRET]);
  return {
    name: "hipflask FlaskCookie",
    sign: (data) => codec.seal(codec.stringify(data)),
    verify: (text) => codec.open(text, DAYS_31).data,
  };
}

function timedSerializer() {
  const serializer = new URLSafeTimedSerializer(SECRET, {
    salt: SALT,
    signerOptions: { keyDerivation: "hmac", digestMethod: "sha1" },
  });
  return {
    name: "hipflask URLSafeTimedSerializer",
    sign: (data) => serializer.dumps(data),
    verify: (text) => serializer.loads(text, { maxAge: DAYS_31 }),
  };
}

/** Flask's format as a good engineer writes it in an afternoon: no library, keys derived once, compressed above 1 KB. */
function plainNodeCrypto() {
  const key = createSecretKey(createHmac("sha1", SECRET).update(SALT).digest());
  const mac = (text) => createHmac("sha1", key).update(text).digest();
  return {
    name: "plain node:crypto",
    sign(data) {
      const json = JSON.stringify(data);
      const packed = json.length > 1024 ? deflateSync(json) : undefined;
      const payload =
        packed && packed.length < json.length
          ? `.${packed.toString("base64url")}`
          : Buffer.from(json).toString("base64url");
      const time = Buffer.alloc(4);
      time.writeUInt32BE(Math.floor(Date.now() / 1000));
      const signed = `${payload}.${time.toString("base64url")}`;
      return `${signed}.${mac(signed).toString("base64url")}`;
    },
    verify(text) {
      const end = text.lastIndexOf(".");
      const signed = text.slice(0, end);
      const given = Buffer.from(text.slice(end + 1), "base64url");
      const wanted = mac(signed);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      const middle = signed.lastIndexOf(".");
      const at = Buffer.from(signed.slice(middle + 1), "base64url").readUInt32BE();
      if (Date.now() / 1000 - at > DAYS_31) return undefined;
      const payload = signed.slice(0, middle);
      const bytes = payload.startsWith(".")
        ? inflateSync(Buffer.from(payload.slice(1), "base64url"), { maxOutputLength: 65_536 })
        : Buffer.from(payload, "base64url");
      return JSON.parse(bytes.toString());
    },
  };
}

function itsdangerousJs() {
  const serializer = new ItsdangerousJs({
    secretKey: SECRET,
    salt: SALT,
    signerOptions: { keyDerivation: "hmac", digestMethod: "sha1" },
  });
  return {
    name: "itsdangerous.js",
    sign: (data) => serializer.stringify(data).toString(),
    verify: (text) => serializer.parse(text, undefined, DAYS_31),
  };
}

/** A port of itsdangerous' TimestampSigner only; the rest of the format is added as in `plain node:crypto`, uncompressed. */
function nobiSigner() {
  const signer = nobi.timestampSigner(SECRET, { salt: SALT });
  return {
    name: "nobi + JSON",
    sign: (data) => signer.sign(Buffer.from(JSON.stringify(data)).toString("base64url")),
    verify: (text) =>
      JSON.parse(Buffer.from(signer.unsign(text, { maxAge: DAYS_31 * 1000 }), "base64url").toString()),
  };
}

/** No time stamp, uncompressed: less than the others do. */
function signature() {
  return {
    name: "cookie-signature + JSON",
    sign: (data) => cookieSignature.sign(Buffer.from(JSON.stringify(data)).toString("base64url"), SECRET),
    verify(text) {
      const payload = cookieSignature.unsign(text, SECRET);
      return payload === false ? undefined : JSON.parse(Buffer.from(payload, "base64url").toString());
    },
  };
}

function jose() {
  const key = createSecretKey(Buffer.from(SECRET));
  return {
    name: "jose HS256",
    async: true,
    sign: (data) =>
      new SignJWT({ data })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuedAt()
        .setExpirationTime("31d")
        .sign(key),
    verify: async (text) => (await jwtVerify(text, key, { algorithms: ["HS256"] })).payload.data,
  };
}

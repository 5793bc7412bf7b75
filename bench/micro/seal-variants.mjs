import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { symmetricDecodeJWT, symmetricEncodeJWT } from "better-auth/crypto";
import { H3Event, sealSession, unsealSession } from "h3";
import { sealData, unsealData } from "iron-session";
import { EncryptJWT, jwtDecrypt } from "jose";
import sodium from "sodium-native";
import { EncryptedCookie } from "../../dist/codec/index.js";
import { SECRET } from "../lib/samples.mjs";

const DAYS_31 = 31 * 24 * 60 * 60;

/** Ways to encrypt a session. Each is written as its documentation tells, keys made once. */
export function sealVariants() {
  return [encryptedCookie(), plainNodeCrypto(), secureSession(), jose(), betterAuth(), iron(), h3()];
}

function encryptedCookie() {
  const codec = new EncryptedCookie([SECRET]);
  return {
    name: "hipflask EncryptedCookie",
    sign: (data) => codec.seal(codec.stringify(data), "session"),
    verify: (text) => codec.open(text, DAYS_31, "session").data,
  };
}

/** AES-256-GCM as a good engineer writes it in an afternoon: one key, 96 random bits, no padding, no name. */
function plainNodeCrypto() {
  const key = createHash("sha256").update(SECRET).digest();
  return {
    name: "plain node:crypto",
    sign(data) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const text = cipher.update(JSON.stringify({ at: Date.now(), data }));
      return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]).toString("base64url");
    },
    verify(text) {
      const bytes = Buffer.from(text, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      const { at, data } = JSON.parse(plain.toString());
      return Date.now() - at > DAYS_31 * 1000 ? undefined : data;
    },
  };
}

/** What @fastify/secure-session does between its hooks: libsodium's secretbox, in C. */
function secureSession() {
  const key = createHash("sha256").update(SECRET).digest();
  return {
    name: "@fastify/secure-session (native)",
    sign(data) {
      const nonce = Buffer.allocUnsafe(sodium.crypto_secretbox_NONCEBYTES);
      sodium.randombytes_buf(nonce);
      const message = Buffer.from(JSON.stringify({ ...data, __ts: Math.round(Date.now() / 1000) }));
      const cipher = Buffer.allocUnsafe(message.length + sodium.crypto_secretbox_MACBYTES);
      sodium.crypto_secretbox_easy(cipher, message, nonce, key);
      return `${cipher.toString("base64")};${nonce.toString("base64")}`;
    },
    verify(text) {
      const [cipherText, nonceText] = text.split(";");
      const cipher = Buffer.from(cipherText, "base64");
      const message = Buffer.allocUnsafe(cipher.length - sodium.crypto_secretbox_MACBYTES);
      const nonce = Buffer.from(nonceText, "base64");
      if (!sodium.crypto_secretbox_open_easy(message, cipher, nonce, key)) return undefined;
      const { __ts, ...data } = JSON.parse(message);
      return (__ts + DAYS_31) * 1000 - Date.now() <= 0 ? undefined : data;
    },
  };
}

function jose() {
  const key = createHash("sha256").update(SECRET).digest();
  return {
    name: "jose JWE",
    async: true,
    sign: (data) =>
      new EncryptJWT({ data })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setIssuedAt()
        .setExpirationTime("31d")
        .encrypt(key),
    verify: async (text) => (await jwtDecrypt(text, key)).payload.data,
  };
}

/** What better-auth's cookie cache does with `strategy: "jwe"`: a key by HKDF for every call, AES-256-CBC with HMAC-SHA-512. */
function betterAuth() {
  const salt = "better-auth-session";
  return {
    name: "better-auth cookie cache (jwe)",
    async: true,
    sign: (session) => symmetricEncodeJWT({ session }, SECRET, salt, DAYS_31),
    verify: async (text) => (await symmetricDecodeJWT(text, SECRET, salt))?.session,
  };
}

/** Two keys stretched by PBKDF2, with one iteration, for every call. An answer to a tampered seal is an empty object. */
function iron() {
  const options = { password: SECRET, ttl: DAYS_31 };
  return {
    name: "iron-session",
    async: true,
    sign: (data) => sealData(data, options),
    verify: (text) => unsealData(text, options),
  };
}

/** Two keys stretched by PBKDF2 for every call. */
function h3() {
  const config = { password: SECRET, maxAge: DAYS_31 };
  return {
    name: "h3",
    async: true,
    sign(data) {
      const event = new H3Event(new Request("http://localhost/"));
      event.context.sessions = { h3: { id: "4711", createdAt: Date.now(), data } };
      return sealSession(event, config);
    },
    verify: async (text) => (await unsealSession(undefined, config, text)).data,
  };
}

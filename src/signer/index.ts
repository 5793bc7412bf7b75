export {
  BadData,
  BadPayload,
  BadSignature,
  BadTimeSignature,
  ConfigError,
  SignatureExpired,
} from "../errors.ts";
export { NoneAlgorithm, SigningAlgorithm } from "./algorithm.ts";
export type { KeyDerivation } from "./key-derivation.ts";
export { makeSecretKey, type SecretKey, weaknessOf } from "./secret-key.ts";
export {
  type FallbackSigner,
  type LoadOptions,
  type PayloadSerializer,
  Serializer,
  type SerializerOptions,
  type SignerClass,
  type SignerSettings,
  type UnsafePayload,
} from "./serializer.ts";
export { Signer, type SignerOptions } from "./signer.ts";
export { TimedSerializer, type TimedLoadOptions, type TimestampedPayload } from "./timed-serializer.ts";
export {
  type Timestamped,
  TimestampSigner,
  type TimestampSignerOptions,
  type UnsignOptions,
} from "./timestamp-signer.ts";
export {
  URLSafeSerializer,
  type URLSafeSerializerOptions,
  URLSafeTimedSerializer,
} from "./url-safe-serializer.ts";

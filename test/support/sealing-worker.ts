/** A thread that encrypts `count` sessions with one key, and gives back all their nonces. */
import { parentPort, workerData } from "node:worker_threads";
import { EncryptedCookie } from "../../src/codec/index.ts";

/** The nonce in an encrypted cookie's value. */
const [START, END] = [5, 29];

const { secretKey, count } = workerData as { secretKey: string; count: number };
const codec = new EncryptedCookie([secretKey]);
const nonces = new Uint8Array(count * (END - START));
for (let i = 0; i < count; i++) {
  const value = Buffer.from(codec.seal("{}", "session"), "base64url");
  nonces.set(value.subarray(START, END), i * (END - START));
}
parentPort!.postMessage(nonces, [nonces.buffer]);

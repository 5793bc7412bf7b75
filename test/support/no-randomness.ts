import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** Runs `work` where the system has no randomness to give: whoever asks for some gets an error, "no entropy". */
export async function withoutRandomness(work: () => Promise<void>): Promise<void> {
  const { randomBytes } = crypto;
  crypto.randomBytes = (() => {
    throw new Error("no entropy");
  }) as never;
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    crypto.randomBytes = randomBytes;
    syncBuiltinESMExports();
  }
}

import { roundTrips } from "./round-trips.mjs";
import { sealVariants } from "./seal-variants.mjs";

export const about = "encrypt and decrypt sessions of 100 B, 1 KB and 2 KB of JSON";

export const run = roundTrips({
  ours: "hipflask EncryptedCookie",
  variants: sealVariants,
  verbs: ["seal", "open"],
  // More does not fit into a cookie.
  sizes: [100, 1000, 2000],
  goalsAt: [100],
  goals: [
    ["iron-session", 1 / 20],
    ["jose JWE", 1 / 6],
    ["h3", 1 / 6],
  ],
});

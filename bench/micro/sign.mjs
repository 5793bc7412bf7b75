import { roundTrips } from "./round-trips.mjs";
import { signVariants } from "./sign-variants.mjs";

export const about = "sign and verify sessions of 100 B, 1 KB and 4 KB of JSON";

export const run = roundTrips({
  ours: "hipflask FlaskCookie",
  variants: signVariants,
  verbs: ["sign", "verify"],
  goals: [
    ["plain node:crypto", 0.7],
    ["itsdangerous.js", 1 / 6],
    ["jose HS256", 1 / 30],
  ],
});

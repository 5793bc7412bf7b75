/** hipflask's sessions in each place that the frameworks are compared in. */
import { encryptedCookie, serverSide } from "../../../dist/index.js";
import { MemoryStore } from "../../../dist/stores/memory.js";
import { nativeSessions } from "./common.mjs";

const PLACES = {
  encryptedCookie: () => nativeSessions({ storage: encryptedCookie() }),
  signedCookie: () => nativeSessions(),
  serverSide: () => nativeSessions({ storage: serverSide(new MemoryStore()) }),
};

/** Of each framework the name of its variant in each place. */
export function adapted(framework) {
  return Object.keys(PLACES).map((place) => nameIn(framework, place));
}

/** A variant for each place: `serve` starts a server of the framework with these sessions. */
export function hipflaskEverywhere(framework, serve) {
  const variants = Object.entries(PLACES).map(([place, open]) => [
    nameIn(framework, place),
    () => serve(open()),
  ]);
  return Object.fromEntries(variants);
}

function nameIn(framework, place) {
  return `${framework} + hipflask ${place}`;
}

import { Buffer } from "node:buffer";
import { digest } from "../crypto/digest.ts";

/**
 * Which of `count` servers has the record of this ID: the one whose number makes the highest hash with it (rendezvous
 * hashing), so that one more server at the end takes its share of the records and moves no others.
 */
export function serverOf(id: string, count: number): number {
  let chosen = 0;
  let highest = -1;
  for (let server = 0; server < count; server++) {
    const weight = Buffer.from(digest("sha256", Buffer.from(`${server} ${id}`))).readUIntBE(0, 6);
    if (weight > highest) [chosen, highest] = [server, weight];
  }
  return chosen;
}

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that this process still needs: what nobody holds is taken away first. */
export function memoryInUse(): number {
  // The second time waits for the bytes of buffers, which the first one gives back beside its work.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

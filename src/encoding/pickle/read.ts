import { Cursor } from "./cursor.ts";
import { malformed, MAX_SIZE } from "./limits.ts";
import { OP } from "./opcodes.ts";
import { Stack } from "./stack.ts";
import { STEPS } from "./steps.ts";
import { toValue } from "./tree.ts";

/**
 * Reads a pickle of plain data, of protocols 0 to 5. Nothing is imported or run, whatever the bytes say: opcodes and classes
 * are taken from short lists, and those classes are data here.
 *
 * A dict whose keys are not all text is a Map, a set is a Set; an int beyond 2^53 is a bigint and an integral float a PyFloat.
 * What is referred to twice becomes two copies.
 *
 * @throws MalformedError and nothing else: for other classes and objects, for what contains itself, is nested deeper than 256
 *   levels, or takes or stands for more than 8 MiB
 * @see Lib/pickle.py `_Unpickler`, Lib/pickletools.py
 */
export function readPickle(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_SIZE) throw malformed(`has more than ${MAX_SIZE} bytes`);
  const input = new Cursor(bytes);
  const stack = new Stack();
  for (let op = input.uint8(); op !== OP.STOP; op = input.uint8()) {
    const step = STEPS[op];
    if (step === undefined) throw malformed("has an opcode that does not exist");
    step(stack, input);
  }
  if (input.left > 0) throw malformed("goes on after its end");
  return toValue(stack.finish());
}

import { pyFloat } from "../py-float.ts";
import { PyBytearray } from "../python-values.ts";
import type { Cursor } from "./cursor.ts";
import { Known, knownClass, setState } from "./known-classes.ts";
import { malformed, VALUE_SIZE } from "./limits.ts";
import { readFloatText, readIntBytes, readIntText } from "./numbers.ts";
import { MAX_PROTOCOL, OP } from "./opcodes.ts";
import type { Stack } from "./stack.ts";
import { asciiOnly, readPython2Repr, readRawUnicodeEscape, readUtf8 } from "./text.ts";
import { Container } from "./tree.ts";

/** What an opcode does, with what follows it. */
type Step = (stack: Stack, input: Cursor) => void;

/** Every opcode but STOP. */
export const STEPS: Readonly<Record<number, Step>> = {
  [OP.PROTO](_, input) {
    if (input.uint8() > MAX_PROTOCOL) throw malformed(`has a protocol above ${MAX_PROTOCOL}`);
  },
  [OP.FRAME]: (_, input) => input.frame(),

  [OP.MARK]: (stack) => stack.mark(),
  [OP.POP]: (stack) => stack.drop(),
  [OP.POP_MARK]: (stack) => void stack.takeToMark(),
  [OP.DUP]: (stack) => stack.push(stack.top),

  [OP.PUT]: (stack, input) => stack.remember(readIndex(input.line())),
  [OP.BINPUT]: (stack, input) => stack.remember(input.uint8()),
  [OP.LONG_BINPUT]: (stack, input) => stack.remember(input.uint32()),
  [OP.MEMOIZE]: (stack) => stack.remember(),
  [OP.GET]: (stack, input) => stack.recall(readIndex(input.line())),
  [OP.BINGET]: (stack, input) => stack.recall(input.uint8()),
  [OP.LONG_BINGET]: (stack, input) => stack.recall(input.uint32()),

  [OP.NONE]: (stack) => stack.push(null),
  [OP.NEWTRUE]: (stack) => stack.push(true),
  [OP.NEWFALSE]: (stack) => stack.push(false),
  [OP.INT]: (stack, input) => stack.push(readIntOrBool(input.line())),
  [OP.LONG]: (stack, input) => stack.push(readIntText(input.line().replace(/L$/, ""))),
  [OP.BININT]: (stack, input) => stack.push(input.int32()),
  [OP.BININT1]: (stack, input) => stack.push(input.uint8()),
  [OP.BININT2]: (stack, input) => stack.push(input.uint16()),
  [OP.LONG1]: (stack, input) => stack.push(readIntBytes(input.take(input.uint8()))),
  [OP.LONG4]: (stack, input) => stack.push(readIntBytes(input.take(input.uint32()))),
  [OP.FLOAT]: (stack, input) => stack.push(readFloatText(input.line())),
  [OP.BINFLOAT]: (stack, input) => stack.push(pyFloat(input.float64())),

  [OP.UNICODE]: (stack, input) => stack.push(readRawUnicodeEscape(input.line())),
  [OP.SHORT_BINUNICODE]: (stack, input) => stack.push(readUtf8(input.take(input.uint8()))),
  [OP.BINUNICODE]: (stack, input) => stack.push(readUtf8(input.take(input.uint32()))),
  [OP.BINUNICODE8]: (stack, input) => stack.push(readUtf8(input.take(input.uint64()))),
  [OP.STRING]: (stack, input) => stack.push(asciiOnly(readPython2Repr(input.line()))),
  [OP.BINSTRING]: (stack, input) => stack.push(asciiOnly(input.take(input.uint32()).toString("latin1"))),
  [OP.SHORT_BINSTRING]: (stack, input) => stack.push(asciiOnly(input.take(input.uint8()).toString("latin1"))),
  [OP.SHORT_BINBYTES]: (stack, input) => stack.push(input.take(input.uint8())),
  [OP.BINBYTES]: (stack, input) => stack.push(input.take(input.uint32())),
  [OP.BINBYTES8]: (stack, input) => stack.push(input.take(input.uint64())),
  [OP.BYTEARRAY8]: (stack, input) => stack.push(new PyBytearray(input.take(input.uint64()))),

  [OP.EMPTY_LIST]: (stack) => stack.push(new Container("list")),
  [OP.LIST]: (stack) => stack.push(new Container("list", stack.takeToMark())),
  [OP.APPEND]: (stack) => add(stack, "list", stack.take(1)),
  [OP.APPENDS]: (stack) => add(stack, "list", stack.takeToMark()),
  [OP.EMPTY_TUPLE]: (stack) => stack.push(new Container("tuple")),
  [OP.TUPLE1]: (stack) => stack.push(new Container("tuple", stack.take(1))),
  [OP.TUPLE2]: (stack) => stack.push(new Container("tuple", stack.take(2))),
  [OP.TUPLE3]: (stack) => stack.push(new Container("tuple", stack.take(3))),
  [OP.TUPLE]: (stack) => stack.push(new Container("tuple", stack.takeToMark())),
  [OP.EMPTY_DICT]: (stack) => stack.push(new Container("dict")),
  [OP.DICT]: (stack) => stack.push(new Container("dict", pairs(stack.takeToMark()))),
  [OP.SETITEM]: (stack) => add(stack, "dict", stack.take(2)),
  [OP.SETITEMS]: (stack) => add(stack, "dict", pairs(stack.takeToMark())),
  [OP.EMPTY_SET]: (stack) => stack.push(new Container("set")),
  [OP.ADDITEMS]: (stack) => add(stack, "set", stack.takeToMark()),
  [OP.FROZENSET]: (stack) => stack.push(new Container("frozenset", stack.takeToMark())),

  [OP.GLOBAL]: (stack, input) => stack.push(knownClass(input.line(), input.line())),
  [OP.STACK_GLOBAL](stack) {
    const [module, name] = stack.take(2);
    if (typeof module !== "string" || typeof name !== "string")
      throw malformed("names a class by what is no text");
    stack.push(knownClass(module, name));
  },
  [OP.REDUCE]: (stack) => make(stack, "call"),
  [OP.NEWOBJ]: (stack) => make(stack, "create"),
  [OP.BUILD](stack) {
    const state = stack.pop();
    setState(stack.top, state);
  },

  [OP.INST]: refuse("holds an object in an old form"),
  [OP.OBJ]: refuse("holds an object in an old form"),
  [OP.NEWOBJ_EX]: refuse("holds an object that is made of named arguments"),
  [OP.PERSID]: refuse("refers to an object outside of it by a persistent ID"),
  [OP.BINPERSID]: refuse("refers to an object outside of it by a persistent ID"),
  [OP.EXT1]: refuse("names a class by an extension code"),
  [OP.EXT2]: refuse("names a class by an extension code"),
  [OP.EXT4]: refuse("names a class by an extension code"),
  [OP.NEXT_BUFFER]: refuse("refers to a buffer outside of it"),
  [OP.READONLY_BUFFER]: refuse("refers to a buffer outside of it"),
};

function readIndex(line: string): number {
  if (!/^\d{1,10}$/.test(line)) throw malformed("counts what it remembers in other ways than digits");
  return Number(line);
}

/** Protocols 0 and 1 know a bool by its leading zero. */
function readIntOrBool(line: string): number | bigint | boolean {
  return line === "00" ? false : line === "01" ? true : readIntText(line);
}

function add(stack: Stack, kind: Container["kind"], items: readonly unknown[]): void {
  const { items: all } = stack.topOf(kind);
  for (const item of items) all.push(item);
}

function pairs(items: unknown[]): unknown[] {
  if (items.length % 2 === 1) throw malformed("has a key without a value");
  return items;
}

function make(stack: Stack, way: "call" | "create"): void {
  const [known, args] = stack.take(2);
  if (!(args instanceof Container) || args.kind !== "tuple") throw malformed("makes an object of no tuple");
  const maker = known instanceof Known ? known[way][args.items.length] : undefined;
  // What the maker goes through counts as work, because the same arguments may come again.
  for (const arg of maker ? args.items : []) stack.spend(lengthOf(arg));
  const value = maker?.(...args.items);
  if (value === undefined) throw malformed("makes an object in a way in which Python never does");
  stack.push(value);
}

function lengthOf(arg: unknown): number {
  if (arg instanceof Container) return arg.items.length * VALUE_SIZE;
  return typeof arg === "string" || arg instanceof Uint8Array ? arg.length : 0;
}

function refuse(problem: string): Step {
  return () => {
    throw malformed(problem);
  };
}

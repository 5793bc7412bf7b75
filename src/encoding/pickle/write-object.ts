import { Unwritable } from "../data-path.ts";
import { Markup, PyBytearray, PyDate, PyDatetime, PyDecimal, PyTimedelta, Uuid } from "../python-values.ts";
import { isDecimalText } from "./numbers.ts";
import { OP } from "./opcodes.ts";
import type { PickleSink } from "./sink.ts";
import { dateState, datetimeState, timedeltaParts } from "./times.ts";

/**
 * Writes an object of one of the classes that stand for Python's, with the calls that Python itself pickles.
 *
 * @returns false for every other object
 * @throws TypeError for one that Python could not have
 */
export function writeObject(value: object, sink: PickleSink): boolean {
  if (value instanceof PyBytearray) writeBytearray(value, sink);
  else if (value instanceof Uint8Array) sink.bytes(value);
  else if (value instanceof Date) writeDatetime(value, sink);
  else if (value instanceof PyDate) writeDate(value, sink);
  else if (value instanceof PyTimedelta) writeTimedelta(value, sink);
  else if (value instanceof Uuid) writeUuid(value, sink);
  else if (value instanceof PyDecimal) writeDecimal(value, sink);
  else if (value instanceof Markup) writeMarkup(value, sink);
  else return false;
  return true;
}

function nameClass(sink: PickleSink, module: string, name: string): void {
  sink.str(module);
  sink.str(name);
  sink.op(OP.STACK_GLOBAL);
}

function writeBytearray(value: PyBytearray, sink: PickleSink): void {
  nameClass(sink, "builtins", "bytearray");
  sink.bytes(value);
  call(sink, 1);
}

function writeDatetime(value: Date, sink: PickleSink): void {
  const state = datetimeState(value);
  if (state === undefined)
    throw new Unwritable("it is no time between the years 1 and 9999, or its offset no part of a day.");
  const offset = value instanceof PyDatetime ? value.offset : 0;
  nameClass(sink, "datetime", "datetime");
  sink.bytes(state);
  if (offset === undefined) return call(sink, 1);
  nameClass(sink, "datetime", "timezone");
  writeTimedelta(new PyTimedelta(BigInt(offset) * 1_000_000n), sink);
  call(sink, 1);
  call(sink, 2);
}

function writeDate(value: PyDate, sink: PickleSink): void {
  nameClass(sink, "datetime", "date");
  sink.bytes(dateState(value));
  call(sink, 1);
}

function writeTimedelta(value: PyTimedelta, sink: PickleSink): void {
  const parts = timedeltaParts(value);
  if (parts === undefined) throw new Unwritable("a timedelta has less than 1,000,000,000 days.");
  nameClass(sink, "datetime", "timedelta");
  for (const part of parts) sink.int(part);
  call(sink, 3);
}

function writeUuid(value: Uuid, sink: PickleSink): void {
  nameClass(sink, "uuid", "UUID");
  sink.op(OP.EMPTY_TUPLE);
  sink.op(OP.NEWOBJ);
  sink.op(OP.EMPTY_DICT);
  sink.str("int");
  sink.int(BigInt(`0x${value.hex}`));
  sink.op(OP.SETITEM);
  sink.op(OP.BUILD);
}

function writeDecimal(value: PyDecimal, sink: PickleSink): void {
  if (!isDecimalText(value.text)) throw new Unwritable("its exponent is beyond those of Python's Decimal.");
  nameClass(sink, "decimal", "Decimal");
  sink.str(value.text);
  call(sink, 1);
}

function writeMarkup(value: Markup, sink: PickleSink): void {
  nameClass(sink, "markupsafe", "Markup");
  sink.str(value.html);
  sink.op(OP.TUPLE1);
  sink.op(OP.NEWOBJ);
}

/** Calls what stands below so many arguments. */
function call(sink: PickleSink, args: 1 | 2 | 3): void {
  sink.op(OP.TUPLE1 + args - 1);
  sink.op(OP.REDUCE);
}

import { type Doc, decode, encode, MAX_MESSAGE } from "./values.ts";

/** A request of MongoDB's wire protocol. */
export interface Request {
  readonly id: number;
  readonly command: Doc;
  /** The size of its first part, which has limits of its own. */
  readonly bodySize: number;
  /** The client wants no answer. */
  readonly isSilent: boolean;
  /** The client takes more than one answer. */
  readonly takesMore: boolean;
  /** It came as OP_QUERY, which clients use for their first word only. */
  readonly isLegacy: boolean;
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;

/** Flags of OP_MSG. */
const MORE_TO_COME = 1 << 1;
const EXHAUST_ALLOWED = 1 << 16;
const KNOWN_FLAGS = MORE_TO_COME | EXHAUST_ALLOWED;

/** Cuts what comes over a connection into requests. */
export class RequestReader {
  #pieces: Buffer[] = [];
  #size = 0;

  /** @throws Error for what is not the protocol, or a part of it that is not known */
  *read(piece: Buffer): Generator<Request, void> {
    this.#pieces.push(piece);
    this.#size += piece.length;
    while (this.#size >= HEADER) {
      const length = this.#joined(4).readInt32LE(0);
      if (length < HEADER || length > MAX_MESSAGE) throw new Error(`A message of ${length} bytes.`);
      if (this.#size < length) return;
      const bytes = this.#joined(this.#size);
      this.#pieces = [bytes.subarray(length)];
      this.#size -= length;
      yield parse(bytes.subarray(0, length));
    }
  }

  /** What has come, in one piece as far as `size`: a large message is put together once, not with each piece. */
  #joined(size: number): Buffer {
    if (this.#pieces[0]!.length < size) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}

function parse(message: Buffer): Request {
  const [id, operation] = [message.readInt32LE(4), message.readInt32LE(12)];
  if (operation === OP_MSG) return parseMessage(id, message);
  if (operation === OP_QUERY) return parseQuery(id, message);
  throw new Error(`An operation that is not known: ${operation}.`);
}

function parseMessage(id: number, message: Buffer): Request {
  const flags = message.readUInt32LE(HEADER);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new Error(`Flags that are not known: ${flags}.`);
  let command: Doc | undefined;
  let bodySize = 0;
  const sequences: Doc = {};
  for (let offset = HEADER + 4; offset < message.length;) {
    const kind = message[offset]!;
    const size = message.readInt32LE(offset + 1);
    const section = message.subarray(offset + 1, offset + 1 + size);
    if (kind === 0) [command, bodySize] = [decode(section), size];
    else if (kind === 1) Object.assign(sequences, parseSequence(section));
    else throw new Error(`A section of a kind that is not known: ${kind}.`);
    offset += 1 + size;
  }
  if (command === undefined) throw new Error("A message without a command.");
  return {
    id,
    command: { ...command, ...sequences },
    bodySize,
    isSilent: (flags & MORE_TO_COME) !== 0,
    takesMore: (flags & EXHAUST_ALLOWED) !== 0,
    isLegacy: false,
  };
}

/** A list of documents that stands beside the command, under the name of one of its fields. */
function parseSequence(section: Buffer): Doc {
  const end = section.indexOf(0, 4);
  const docs: Doc[] = [];
  for (let offset = end + 1; offset < section.length;) {
    const size = section.readInt32LE(offset);
    docs.push(decode(section.subarray(offset, offset + size)));
    offset += size;
  }
  return { [section.toString("utf8", 4, end)]: docs };
}

function parseQuery(id: number, message: Buffer): Request {
  const end = message.indexOf(0, HEADER + 4);
  const [database, collection] = message.toString("utf8", HEADER + 4, end).split(".");
  if (collection !== "$cmd") throw new Error("A query of the old protocol.");
  const section = message.subarray(end + 9);
  const size = section.readInt32LE(0);
  return {
    id,
    command: { ...decode(section.subarray(0, size)), $db: database },
    bodySize: size,
    isSilent: false,
    takesMore: false,
    isLegacy: true,
  };
}

let lastId = 0;

/** @returns the answer's own id, to which a further one refers, and its bytes */
export function formatAnswer(
  answer: Doc,
  { id, isLegacy }: Pick<Request, "id" | "isLegacy">,
  moreToCome = false,
): { id: number; bytes: Buffer } {
  const doc = encode(answer);
  const head = Buffer.alloc(isLegacy ? HEADER + 20 : HEADER + 5);
  lastId = (lastId + 1) | 0;
  head.writeInt32LE(head.length + doc.length, 0);
  head.writeInt32LE(lastId, 4);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(isLegacy ? OP_REPLY : OP_MSG, 12);
  if (isLegacy) head.writeInt32LE(1, HEADER + 16);
  else head.writeUInt32LE(moreToCome ? MORE_TO_COME : 0, HEADER);
  return { id: lastId, bytes: Buffer.concat([head, doc]) };
}

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";

const TEXT = 1;
const CLOSE = 8;

/** The client of a WebSocket for short texts, which Node 20 has not got (RFC 6455). */
export class TextSocket {
  readonly #socket: Duplex;

  private constructor(socket: Duplex, onText: (text: string) => void, onEnd: () => void) {
    this.#socket = socket;
    socket.on("error", () => {}).on("close", onEnd);
    let pending = Buffer.alloc(0);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
        pending = pending.subarray(frame.end);
        if (frame.opcode > TEXT) continue;
        text += frame.payload.toString("utf8");
        if (!frame.isLast) continue;
        onText(text);
        text = "";
      }
    });
  }

  /** @throws Error when nobody answers there */
  static async open(url: string, onText: (text: string) => void, onEnd: () => void): Promise<TextSocket> {
    const asked = request(url.replace(/^ws:/, "http:"), {
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      },
    }).end();
    const [, socket] = (await once(asked, "upgrade")) as [IncomingMessage, Duplex];
    return new TextSocket(socket, onText, onEnd);
  }

  send(text: string): void {
    this.#socket.write(frameOf(TEXT, Buffer.from(text)));
  }

  close(): void {
    this.#socket.end(frameOf(CLOSE, Buffer.alloc(0)));
  }
}

function readFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const head = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < head) return undefined;
  const size = head === 4 ? bytes.readUInt16BE(2) : head === 10 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = head + size;
  if (bytes.length < end) return undefined;
  return { opcode: bytes[0]! & 0x0f, isLast: bytes[0]! >= 0x80, payload: bytes.subarray(head, end), end };
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ mask[at % 4]!);
  return Buffer.concat([Buffer.from([0x80 | opcode]), lengthOf(payload.length), mask, masked]);
}

/** In as few bytes as can be, with the bit that announces a mask. */
function lengthOf(size: number): Buffer {
  if (size < 126) return Buffer.from([0x80 | size]);
  const long = Buffer.alloc(size < 0x1_0000 ? 3 : 9);
  long[0] = 0x80 | (long.length === 3 ? 126 : 127);
  if (long.length === 3) long.writeUInt16BE(size, 1);
  else long.writeBigUInt64BE(BigInt(size), 1);
  return long;
}

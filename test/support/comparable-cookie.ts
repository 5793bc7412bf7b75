import { FlaskCookie } from "hipflask/codec";

/** A Set-Cookie header. Compressed bytes depend on the zlib build: what they stand for is compared in the place of them. */
export function comparableCookie(header: string, secretKey: string | Uint8Array): string {
  const [, name, value, rest] = /^([^=]*)=([^;]*)(.*)$/s.exec(header)!;
  if (!value!.startsWith(".")) return header;
  const opened = new FlaskCookie([secretKey], { clock: { now: () => 0 } }).open(value!, undefined);
  return `${name}=${opened.refused ?? opened.json}${rest}`;
}

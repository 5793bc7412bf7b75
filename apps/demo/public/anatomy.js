import { el } from "./dom.js";
import { changeButtons, markChanges, noneYet, part, sizeBar, time } from "./pieces.js";
import { tree } from "./tree.js";

/**
 * The session cookie taken apart: payload, timestamp and signature in three colours, with what each stands for.
 *
 * @param {any} cookie the session cookie of /inspect; undefined where the browser sent none
 * @param {string | undefined} original its value before it was edited
 * @param {{ start: () => void, change: () => void, restore: () => void }} actions
 * @returns {Node[]}
 */
export function anatomy(cookie, original, actions) {
  if (cookie === undefined) return noneYet(actions, ", in three parts:", sketch());
  return [
    status(cookie),
    token(cookie, original),
    el("div.parts", {}, payloadPart(cookie), timestampPart(cookie), signaturePart(cookie)),
    sizeBar(cookie),
    changeButtons(original, actions),
  ];
}

function sketch() {
  return el(
    "p.token.sketch",
    {},
    el("span.payload", {}, "what it remembers"),
    el("span.dot", {}, "."),
    el("span.timestamp", {}, "when it was signed"),
    el("span.dot", {}, "."),
    el("span.signature", {}, "the server’s proof"),
  );
}

function status({ ignored, reason }) {
  if (ignored === undefined) return el("p.lede", {}, "Anybody can read it. Only the server can write it.");
  return el(
    "p.notice.bad",
    { id: "ignored" },
    el("strong", {}, "Ignored by the server. "),
    `${reason} To the server you are a new visitor. `,
    el("code", {}, ignored),
  );
}

function token({ value, parts, signature_valid: valid }, original) {
  const code = el("code.token", { "aria-label": "The cookie’s value", role: "group" });
  let at = 0;
  for (const name of ["payload", "timestamp", "signature"]) {
    const text = parts[name];
    const comparable = original?.length === value.length;
    if (name !== "payload" && at < value.length) {
      code.append(el("span.dot", {}, "."));
      at += 1;
    }
    const bad = name === "signature" && !valid ? ".wrong" : "";
    code.append(
      el(`span.${name}${bad}`, {}, ...(comparable ? markChanges(text, original.slice(at)) : [text])),
    );
    at += text.length;
  }
  return code;
}

function payloadPart({ parts, payload }) {
  const packed = parts.payload.startsWith(".") ? "base64url of compressed JSON" : "base64url of JSON";
  const content = payload === null ? el("p", {}, unreadable(parts.payload)) : tree(payload);
  return part("payload", "Payload", packed, content);
}

function unreadable(payload) {
  if (payload.startsWith("."))
    return "Cannot be read any more: one wrong character, and compressed data no longer unpacks.";
  return "Cannot be read any more: what it decodes to is no JSON.";
}

function timestampPart({ signed_at: signedAt, expires, signature_valid: valid }) {
  if (signedAt === null)
    return part("timestamp", "Timestamp", "seconds since 1970", el("p", {}, "Cannot be read."));
  return part(
    "timestamp",
    "Timestamp",
    "seconds since 1970",
    el("p", {}, el("code", {}, String(Date.parse(signedAt) / 1000))),
    el("p", {}, valid ? "Signed " : "Claims to be signed ", time(signedAt)),
    el("p", {}, valid ? "Good until " : "Would be good until ", time(expires)),
  );
}

function signaturePart({ signature_valid: valid, reason, ignored }) {
  const subtitle = "HMAC-SHA1 of the rest";
  if (!valid)
    return part("signature.wrong", "Signature", subtitle, el("p", {}, el("strong", {}, "✗ Wrong. "), reason));
  const more =
    ignored === undefined ? "Made with the secret key, which never leaves the server." : `But: ${reason}`;
  return part("signature", "Signature", subtitle, el("p", {}, el("strong", {}, "✓ Right. "), more));
}

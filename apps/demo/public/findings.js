import { el } from "./dom.js";

/**
 * What the browser did with a cookie, with the reasons.
 *
 * @param {any} wish the attributes that were asked for
 * @param {{ header: string, refusal: string | null }} trial
 * @param {Record<string, boolean | undefined>} seen
 * @returns {Node[]}
 */
export function findings(wish, { header, refusal }, seen) {
  const isKept = seen.readable || seen.here || seen.elsewhere || seen.stranger;
  return [
    el("code.set-cookie", {}, header),
    el(
      isKept ? "p.notice.good" : "p.notice.bad",
      { id: "kept" },
      el("strong", {}, isKept ? "Kept. " : "Not kept. "),
      isKept ? "Your browser took the cookie." : whyDropped(wish),
    ),
    refusal === null
      ? el("p.hint", {}, "hipflask would set this cookie, too.")
      : el("p.hint", { id: "refusal-of-library" }, `hipflask refuses to set it: “${refusal}”`),
    ...(isKept ? [table(wish, seen)] : []),
  ];
}

function whyDropped({ prefix, secure, sameSite, path, maxAge }) {
  if (maxAge === 0) return "Max-Age=0 deletes a cookie.";
  if (prefix === "__Host-" && (!secure || path !== "/"))
    return "A name that begins with __Host- needs Secure and Path=/.";
  if (prefix === "__Secure-" && !secure) return "A name that begins with __Secure- needs Secure.";
  if (sameSite === "None" && !secure) return "SameSite=None needs Secure.";
  if (secure) return "Secure needs https; only some browsers make an exception for this very machine.";
  return "Perhaps your browser keeps no cookies at all?";
}

function table(wish, seen) {
  return el(
    "table.findings",
    {},
    el("caption.visually-hidden", {}, "Where your browser sends the cookie"),
    el("thead", {}, el("tr", {}, ...["Question", "Answer", "Because of"].map(heading))),
    el(
      "tbody",
      {},
      row("May scripts read it?", seen.readable, readable(wish, seen)),
      row("Sent to /attributes/seen?", seen.here, byPath(wish, "/attributes/seen")),
      row("Sent to /elsewhere?", seen.elsewhere, byPath(wish, "/elsewhere")),
      row("Sent with a picture in another site’s page?", seen.stranger, byStranger(wish, seen)),
      row("Sent when a link in that page is followed?", seen.link, byLink(wish)),
      ...(wish.maxAge === 3 ? [row("Sent after four seconds?", seen.later, "Max-Age=3")] : []),
    ),
  );
}

function heading(text) {
  return el("th", { scope: "col" }, text);
}

function row(question, answer, reason) {
  const [word, tone] =
    answer === undefined ? ["not yet tried", ""] : answer ? ["yes", ".yes"] : ["no", ".no"];
  return el("tr", {}, el("th", { scope: "row" }, question), el(`td${tone}`, {}, word), el("td", {}, reason));
}

/** A script on another path than the cookie's does not see it either. */
function readable({ httpOnly }, { readable: isReadable }) {
  if (httpOnly) return "HttpOnly";
  return isReadable ? "no HttpOnly" : "Path: this page is not below it";
}

function byPath({ path }, target) {
  const holds = path ?? "/";
  const isBelow = holds === "/" || target === holds || target.startsWith(`${holds}/`);
  return `Path ${path ?? "not said: the folder of the request that set it"}${isBelow ? "" : ", which is another one"}`;
}

function byStranger({ sameSite, path }, { stranger }) {
  if (path === "/elsewhere") return "Path, before anything else";
  if (sameSite === null) return "SameSite not said: Lax, in most browsers";
  if (sameSite === "None" && stranger === false)
    return "SameSite=None allows it; this browser keeps third parties out, as private windows do";
  return `SameSite=${sameSite}`;
}

function byLink({ sameSite, path }) {
  if (path === "/elsewhere") return "Path, before anything else";
  if (sameSite === "Strict") return "SameSite=Strict, even for a link";
  return "Followed links are what Lax allows";
}

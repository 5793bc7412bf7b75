/**
 * What was observed, and what it is worth.
 *
 * @typedef {{ text: string, verdict: "good" | "bad" | "design" | "none" }} Cell `design`: no session that is kept in a cookie can do
 *   better; `none`: there was nothing to judge
 */

export const good = (text) => ({ text, verdict: "good" });
export const bad = (text) => ({ text, verdict: "bad" });
export const byDesign = (text) => ({ text, verdict: "design" });
export const none = (text = "n/a") => ({ text, verdict: "none" });

export const judged = (isGood, text) => (isGood ? good(text) : bad(text));

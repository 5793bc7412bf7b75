import { MAX_COOKIE_BYTES } from "../../cookie/attributes.ts";
import { indexOrEnd, trimBlanks } from "../../cookie/scan.ts";
import type { Findings } from "../verdict.ts";

/** Before anything else: the name, the value and what else browsers drop unread. @see RFC 6265bis section 5.6 */
export function checkSyntax(header: string, findings: Findings): void {
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(header)) {
    findings.refuse(
      "control-character",
      "The header holds a control character. Browsers drop the whole cookie.",
      "Percent-encode the value, for example with encodeURIComponent.",
    );
  }
  if (header.includes("\t")) {
    findings.refuse(
      "tab",
      "The header holds a tab. Chromium drops the cookie; Firefox keeps it.",
      "Write spaces, and percent-encode the value, for example with encodeURIComponent.",
      ["chromium"],
    );
  }
  const pair = header.slice(0, indexOrEnd(header, ";", 0));
  const equals = pair.indexOf("=");
  const name = trimBlanks(pair, 0, Math.max(equals, 0));
  const value = trimBlanks(pair, equals + 1);
  checkSize(name, value, findings);
  checkNameless(name, value, equals === 0, findings);
  checkValue(name, value, findings);
}

function checkSize(name: string, value: string, findings: Findings): void {
  const size = name.length + value.length;
  if (size <= MAX_COOKIE_BYTES) return;
  findings.refuse(
    "too-large",
    `Name and value are ${size} bytes together. Browsers drop a cookie of more than ${MAX_COOKIE_BYTES}.`,
    "Keep less in the cookie, or the data on the server and its ID in the cookie.",
  );
}

function checkNameless(name: string, value: string, isWithEquals: boolean, findings: Findings): void {
  if (name !== "") return;
  if (value === "") {
    findings.refuse(
      "empty",
      "The cookie has neither a name nor a value. Browsers drop it.",
      "Write name=value before the first semicolon.",
    );
  } else if (/^__(?:secure|host|http|host-http)-/i.test(value)) {
    findings.refuse(
      "nameless-prefix",
      "The cookie has no name, and its value begins like the name of a protected cookie, for which a server could take it. Browsers drop it.",
      "Write name=value before the first semicolon.",
    );
  } else if (value.includes("=")) {
    findings.refuse(
      "nameless",
      "The cookie begins with an equals sign, so it has no name, and there is another one in its value. Browsers drop it.",
      "Write name=value before the first semicolon.",
    );
  } else {
    if (isWithEquals) {
      findings.refuse(
        "nameless",
        "The cookie begins with an equals sign, so it has no name. Firefox drops it.",
        "Write name=value before the first semicolon.",
        ["firefox"],
      );
    }
    findings.warn(
      "nameless",
      "The cookie has no name. Chromium keeps it and sends its value alone, without an equals sign, which most servers ignore; Firefox takes the value for a name.",
      "Write name=value before the first semicolon.",
    );
  }
}

export function checkValue(name: string, value: string, findings: Findings): void {
  if (/[^\x00-\x7f]/.test(name + value)) {
    findings.warn(
      "not-ascii",
      "Name or value hold characters beyond ASCII. Chromium keeps their bytes, Firefox those that are UTF-8, and each server reads them in its own way.",
      "Percent-encode the value, for example with encodeURIComponent.",
    );
  }
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) {
    findings.note(
      "quoted",
      "The value stands in quotation marks. To browsers and scripts they are part of the value; some servers take them off.",
      "Leave the quotation marks out where the value needs none.",
    );
  }
}

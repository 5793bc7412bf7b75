import { type Check, type Fault, requestOf } from "../fault.ts";

const LINK = /(?:href|src|action)\s*=\s*["']?([^"'\s>]+)/gi;
const ID = /[;?&](?:amp;)?(jsessionid|phpsessid|aspsessionid\w*|session_?id|sess?id|sid)=[\w.%~-]{8,}/i;

/** IDs in URLs are in histories, logs and Referer headers, and in every link that is passed on. */
export const checkUrls: Check = ({ first }) =>
  first.flatMap((exchange): Fault[] => {
    const links = [...exchange.body.matchAll(LINK)].map(([, url]) => url!);
    const found = [exchange.location?.href ?? "", ...links].map((url) => ID.exec(url)?.[1]).find(Boolean);
    if (found === undefined) return [];
    return [
      {
        code: "id-in-url",
        severity: "high",
        where: requestOf(exchange),
        message: `A link or a redirect has a session's ID in its URL (${found}): histories, logs and other sites see it.`,
        fix: "Keep the ID in a cookie alone, and switch rewriting of URLs off.",
      },
    ];
  });

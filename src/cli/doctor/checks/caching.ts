import { type Check, type Fault, requestOf } from "../fault.ts";
import type { Exchange } from "../visit.ts";

/** An answer that sets a cookie is for one visitor: no cache may keep it for others. */
export const checkCaching: Check = ({ first, again }) =>
  [...first, ...again].flatMap((exchange): Fault[] => {
    const where = requestOf(exchange);
    if (exchange.set.length === 0) return [];
    const control = exchange.headers["cache-control"]?.toLowerCase() ?? "";
    if (/no-store|private/.test(control)) return [];
    if (/public|s-maxage|max-age=[1-9]/.test(control)) {
      return [
        {
          code: "cacheable-cookie",
          severity: "high",
          where,
          message:
            "The answer sets a cookie, and its Cache-Control lets caches keep it: a proxy or CDN may give one visitor's cookie to others.",
          fix: "Send Cache-Control: no-store, or private, with every answer that sets a cookie.",
        },
      ];
    }
    if (variesByCookie(exchange)) return [];
    return [
      {
        code: "no-vary",
        severity: "medium",
        where,
        message:
          "The answer sets a cookie and has neither Vary: Cookie nor a Cache-Control that forbids caches to keep it.",
        fix: "Send Vary: Cookie with every answer that depends on the session, and Cache-Control: no-store with those that set a cookie.",
      },
    ];
  });

function variesByCookie({ headers }: Exchange): boolean {
  const names = (headers.vary ?? "").toLowerCase().split(",");
  return names.some((name) => ["cookie", "*"].includes(name.trim()));
}

import { type NextRequest, NextResponse } from "next/server";
import { getSession, handler } from "./lib/sessions";

/** Reads the session, and so keeps it from idling out: pages cannot do that, because no cookie leaves with them. */
export const proxy = handler(async ({ nextUrl }: NextRequest) => {
  const { user } = await getSession();
  if (nextUrl.pathname.startsWith("/account") && user === undefined)
    return NextResponse.redirect(new URL("/", nextUrl));
  return NextResponse.next();
});

export const config = { matcher: ["/", "/account/:path*"] };

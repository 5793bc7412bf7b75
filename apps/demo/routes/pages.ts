import { Hono } from "hono";
import { page, PAGES } from "../page.ts";

/** The pages that anybody may see. */
export function pageRoutes(): Hono {
  const app = new Hono();
  for (const name of PAGES) {
    app.get(name === "overview" ? "/" : `/see/${name}`, (c) => c.html(page(name)));
  }
  return app;
}

import { safePath } from "./safe-next.ts";

/**
 * The page where visitors log in, with where they came from as `next`, as Flask-Login's `login_url` writes it.
 *
 * @param from the path and query of the request; left out where a browser might take it for another site
 */
export function loginUrl(view: string, from: string | undefined): string {
  const next = safePath(from);
  if (next === undefined) return view;
  const [, path, query = "", hash = ""] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(view)!;
  const parameters = new URLSearchParams(query);
  parameters.set("next", readable(next));
  parameters.sort();
  return `${path}?${parameters.toString()}${hash}`;
}

/** Letters beyond ASCII as themselves, so that they are not percent-encoded twice. */
function readable(path: string): string {
  return path.replace(/(?:%[89a-f][0-9a-f])+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { createElement } from "react";
import { act } from "./actions.js";

export const dynamic = "force-dynamic";

/** Three components that ask at once, and a form. */
export default function Page() {
  return createElement(
    "form",
    { action: act },
    [1, 2, 3].map((key) => createElement(Part, { key })),
  );
}

async function Part() {
  const text = await globalThis.hipflaskAnswers.getStore().page({ cookies, headers, notFound, redirect });
  return createElement("p", null, text);
}

"use server";

import { redirect } from "next/navigation";
import { action, getSession } from "../lib/sessions";

export const login = action(async (form: FormData) => {
  const session = await getSession();
  await session.regenerate({ user: String(form.get("user")) });
  redirect("/account"); // which sees all of it
});

export const logout = action(async () => {
  await (await getSession()).destroy();
  redirect("/");
});

import { defineHandler } from "nitro";
import { redirect } from "nitro/h3";
import { sessions } from "../utils/sessions.ts";

export default defineHandler(async (event) => {
  const session = await sessions.get(event);
  await session.regenerate({ user: "ada" });
  return redirect("/", 303); // which sees all of it
});

import { defineHandler } from "nitro";
import { sessions } from "../utils/sessions.ts";

export default defineHandler(async (event) => {
  const session = await sessions.get(event);
  session.data.visits = (session.data.visits ?? 0) + 1;
  return { user: session.user, visits: session.data.visits };
});

import { redirect } from "@sveltejs/kit";
import { sessions } from "../lib/server/sessions.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const session = await sessions.get(event);
  session.data.visits = (session.data.visits ?? 0) + 1;
  return { user: session.user, visits: session.data.visits, messages: session.flashes() };
};

export const actions: Actions = {
  async login(event) {
    const form = await event.request.formData();
    const session = await sessions.get(event);
    await session.regenerate({ user: String(form.get("user")) });
    session.flash("Welcome back");
    redirect(303, "/"); // which sees all of it
  },
  async logout(event) {
    await (await sessions.get(event)).destroy();
    redirect(303, "/");
  },
};

import { svelteKitSessions } from "hipflask/adapters/sveltekit";
import { sessions } from "./lib/server/sessions.ts";

export const handle = svelteKitSessions(sessions);

import { redirect } from "@sveltejs/kit";

export const handle = (input) => globalThis.hipflaskAnswers.getStore().handle(input, { redirect });

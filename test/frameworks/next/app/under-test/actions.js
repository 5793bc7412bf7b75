"use server";

import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";

export async function act(form) {
  return globalThis.hipflaskAnswers.getStore().act({ cookies, headers, notFound, redirect }, form);
}

import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";

const next = { cookies, headers, notFound, redirect };
const answer = (request) => globalThis.hipflaskAnswers.getStore().answer(next)(request);

export {
  answer as GET,
  answer as HEAD,
  answer as POST,
  answer as PUT,
  answer as PATCH,
  answer as DELETE,
  answer as OPTIONS,
};

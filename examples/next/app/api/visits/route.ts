import { getSession, handler } from "../../../lib/sessions";

export const POST = handler(async () => {
  const { data } = await getSession();
  data.visits = (data.visits ?? 0) + 1;
  return Response.json({ visits: data.visits });
});

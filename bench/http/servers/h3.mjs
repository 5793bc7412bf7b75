import { H3, serve, useSession } from "h3";
import { REST, SECRET } from "./common.mjs";

export const servers = {
  "h3 bare": () => counting(() => ({ count: 1 })),

  "h3 + useSession": () =>
    counting(async (event) => {
      const session = await useSession(event, { password: SECRET });
      const count = (session.data.count ?? 0) + 1;
      await session.update({ ...REST, count });
      return { count };
    }),
};

async function counting(handler) {
  const app = new H3();
  app.get("/count", handler);
  const server = serve(app, { port: 0, hostname: "127.0.0.1", silent: true });
  await server.ready();
  return Number(new URL(server.url).port);
}

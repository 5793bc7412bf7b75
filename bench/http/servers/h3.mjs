import { H3, serve, useSession } from "h3";
import { h3Sessions } from "../../../dist/adapters/h3.js";
import { countIn, REST, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";
import { routes } from "./routes.mjs";
import { h3Usage } from "./usages.mjs";

export const servers = {
  "h3 bare": () => listen(application(() => ({ count: 1 }))),

  "h3 + useSession": () => {
    const app = application(async (event) => {
      const session = await useSession(event, SETTINGS);
      const count = (session.data.count ?? 0) + 1;
      await session.update({ ...REST, count });
      return { count };
    });
    const others = routes(h3Usage((event) => useSession(event, SETTINGS)));
    app.get("/**", (event) => others(event.req.url, event));
    return listen(app);
  },
};

const SETTINGS = { password: SECRET };

export const adapters = hipflaskEverywhere("h3", (sessions) => {
  const app = application(async (event) => {
    const { data } = await sessions.get(event);
    return { count: countIn(data) };
  });
  app.use(h3Sessions(sessions));
  return listen(app);
});

function application(handler) {
  const app = new H3();
  app.get("/count", handler);
  return app;
}

async function listen(app) {
  const server = serve(app, { port: 0, hostname: "127.0.0.1", silent: true });
  await server.ready();
  return { port: Number(new URL(server.url).port) };
}

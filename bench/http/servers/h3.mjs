import { H3, serve, useSession } from "h3";
import { REST, SECRET } from "./common.mjs";
import { routes } from "./routes.mjs";

export const servers = {
  "h3 bare": () => listen(application(() => ({ count: 1 }))),

  "h3 + useSession": () => {
    const app = application(async (event) => {
      const session = await useSession(event, SETTINGS);
      const count = (session.data.count ?? 0) + 1;
      await session.update({ ...REST, count });
      return { count };
    });
    const others = routes(USAGE);
    app.get("/**", (event) => others(event.req.url, event));
    return listen(app);
  },
};

const SETTINGS = { password: SECRET };

const USAGE = {
  read: async (event, key) => (await useSession(event, SETTINGS)).data[key],
  async change(event, key, next, pause) {
    const session = await useSession(event, SETTINGS);
    const value = session.data[key];
    await pause();
    await session.update({ [key]: next(value) });
  },
  async login(event, user) {
    const session = await useSession(event, SETTINGS);
    await session.update({ user });
  },
  logout: async (event) => {
    const session = await useSession(event, SETTINGS);
    await session.clear();
  },
};

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

import { Jar } from "../http/jar.mjs";
import { startServer } from "../http/serving.mjs";

/** Starts a variant's server, lets `visit` do something with it, and stops it. `visit` gets what makes a new visitor. */
export async function visiting(name, backends, visit) {
  const server = await startServer(name, backends);
  try {
    const origin = `http://127.0.0.1:${server.greeting.port}`;
    return await visit(() => new Visitor(origin));
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}`, { cause });
  } finally {
    server.stop();
  }
}

/** A browser: as many requests at once as one likes, with the cookies that it has when each of them leaves. */
class Visitor {
  #jar = new Jar();
  #origin;

  constructor(origin) {
    this.#origin = origin;
  }

  get cookies() {
    return this.#jar.header;
  }

  /** The value that the server answers with. */
  async get(path, cookies = this.cookies) {
    const response = await fetch(this.#origin + path, { headers: cookies === "" ? {} : { Cookie: cookies } });
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}`);
    this.#jar.take(response.headers.getSetCookie());
    return (await response.json()).value;
  }
}

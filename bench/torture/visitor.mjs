/** A browser: as many requests at once as one likes, with the cookies that it has when each of them leaves. */
import { request as send } from "node:http";
import { text } from "node:stream/consumers";
import { Jar } from "../http/jar.mjs";

/** Milliseconds until a request counts as one that is never answered. */
const PATIENCE = 5000;

/**
 * @typedef {object} Answer
 * @property {number | "hangs" | "broken"} status `broken`: the connection ended before the answer was there
 * @property {string[]} setCookies
 * @property {(name: string) => string} header "" where there is none
 * @property {string} body
 * @property {any} value what `/read` and others answer with
 */
export class Visitor {
  #jar = new Jar();
  #origin;

  constructor(origin) {
    this.#origin = origin;
  }

  /** What the browser sends in its Cookie header. */
  get cookies() {
    return this.#jar.header;
  }

  /** @returns {Promise<Answer>} */
  async get(path, cookies = this.cookies) {
    try {
      return await this.#read(await this.#ask(path, cookies));
    } catch (error) {
      return nothing(error);
    }
  }

  /** Does what must succeed before anything can be observed. */
  async prepare(path) {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
    return answer;
  }

  /** Goes where the answer sends it, as browsers do: at once when the headers are there. */
  async follow(path) {
    try {
      const response = await this.#ask(path, this.cookies);
      const target = await this.get(
        new URL(response.headers.location, this.#origin).pathname + "?key=redirected",
      );
      response.resume();
      return target;
    } catch (error) {
      return nothing(error);
    }
  }

  /** The value under a key of the session, as its visitor sees it. */
  async read(key, cookies = this.cookies) {
    return (await this.get(`/read?key=${key}`, cookies)).value;
  }

  /** The response, when its headers are there. */
  #ask(path, cookies) {
    const headers = cookies === "" ? {} : { Cookie: cookies };
    const signal = AbortSignal.timeout(PATIENCE);
    return new Promise((resolve, reject) => {
      send(this.#origin + path, { headers, signal, agent: false }, (response) => {
        this.#jar.take(response.headers["set-cookie"] ?? []);
        resolve(response);
      })
        .on("error", reject)
        .end();
    });
  }

  async #read(response) {
    const body = await text(response);
    return {
      status: response.statusCode,
      setCookies: response.headers["set-cookie"] ?? [],
      header: (name) => response.headers[name] ?? "",
      body,
      value: body.startsWith("{") ? JSON.parse(body).value : undefined,
    };
  }
}

function nothing({ name }) {
  const status = name === "AbortError" || name === "TimeoutError" ? "hangs" : "broken";
  return { status, setCookies: [], header: () => "", body: "", value: undefined };
}

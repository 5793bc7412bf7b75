/** Who sends the load: each has its next request ready, and takes the answer to it. */
import { Jar } from "./jar.mjs";

const CROWDS = {
  /** Browsers whose count must rise by one with each answer. */
  counting: (browsers) => Array.from({ length: browsers }, () => new Counting(true)),

  /** The same for a server without sessions: it counts to one. */
  sessionless: (browsers) => Array.from({ length: browsers }, () => new Counting(false)),

  /** Somebody new with every request, who leaves 106 bytes of data in a session. */
  newcomers: (connections) => Array.from({ length: connections }, () => new Newcomers()),
};

export function crowdOf(kind, browsers) {
  return CROWDS[kind](browsers);
}

class Counting {
  #jar = new Jar();
  #rises;
  #count = 0;
  /** The request, made anew when a cookie changes. */
  request = requestFor("/count");

  constructor(rises) {
    this.#rises = rises;
  }

  take({ setCookies, body }) {
    this.#jar.take(setCookies);
    if (setCookies.length > 0) this.request = requestFor("/count", this.#jar.header);
    const { count } = JSON.parse(body);
    const expected = this.#rises ? this.#count + 1 : 1;
    if (count !== expected)
      throw new Error(`the session was not kept: expected a count of ${expected}, got ${count}`);
    this.#count = count;
  }
}

class Newcomers {
  get request() {
    // With the key and JSON's quotes and brackets 106 bytes: {"token":"…"}.
    const token = Array.from({ length: 94 }, () => DIGITS[Math.floor(Math.random() * DIGITS.length)]);
    return requestFor(`/set?key=token&value=${token.join("")}`);
  }

  take() {}
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

function requestFor(path, cookie = "") {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`;
}

/** The cookies of one browser: of several of one name the last one stays, unless it is one that has ended. */
export class Jar {
  #pairs = new Map();

  /** What the browser sends. */
  header = "";

  take(setCookies) {
    if (setCookies.length === 0) return;
    for (const setCookie of setCookies) {
      const pair = setCookie.split(";", 1)[0];
      const name = pair.slice(0, pair.indexOf("="));
      if (ENDED.test(setCookie)) this.#pairs.delete(name);
      else this.#pairs.set(name, pair);
    }
    this.header = [...this.#pairs.values()].join("; ");
  }
}

const ENDED = /; *(?:max-age=0|expires=\w+, 01[ -]jan[ -]1970)/i;

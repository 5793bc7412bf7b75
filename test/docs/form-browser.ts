import { TestClient } from "hipflask/testing";

/** A browser without scripts: goes where links and redirects lead, and fills in forms. */
export class FormBrowser {
  readonly #origin: string;
  readonly #client: TestClient;
  #path = "/";
  /** The page that it shows. */
  html = "";

  constructor(origin: string) {
    this.#origin = origin;
    this.#client = new TestClient(origin);
  }

  /** Where it is. */
  get path(): string {
    return this.#path;
  }

  async open(path: string): Promise<void> {
    await this.#ask(path);
  }

  /** Sends the page's form, filled in. */
  async submit(fields: Readonly<Record<string, string>> = {}): Promise<void> {
    const [, attributes, inputs] = /<form([^>]*)>(.*?)<\/form>/s.exec(this.html)!;
    const body = attribute(attributes!, "enctype") === undefined ? new URLSearchParams() : new FormData();
    for (const [input] of inputs!.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, "name")!;
      body.append(name, fields[name] ?? attribute(input, "value") ?? "");
    }
    const action = attribute(attributes!, "action") || this.#path;
    await this.#ask(action, { method: "POST", body, headers: { Origin: this.#origin } });
  }

  async #ask(path: string, init: RequestInit = {}): Promise<void> {
    this.#path = path;
    const response = await this.#client.fetch(path, init);
    const location = response.headers.get("Location");
    this.html = await response.text();
    if (location !== null) await this.#ask(location);
  }
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`, "i").exec(tag)?.[1];
}

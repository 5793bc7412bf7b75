import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A library of the folder's own. Not known by its types, because it may not be installed. */
export function library(name: string): Promise<any> {
  return import(/* @vite-ignore */ name);
}

/** What one request to a program of another library's brings. */
interface Answer {
  readonly setCookies: string[];
  readonly body: any;
}

/** A program that keeps sessions by another library: it stores what it is posted, and answers with what it has. */
export interface OldApp {
  send(method: "GET" | "POST", cookie: string, body?: object): Promise<Answer>;
  close(): Promise<void>;
}

/** An Express app whose session is `req.session`. */
export async function expressApp(middleware: unknown): Promise<OldApp> {
  const { default: express } = await library("express");
  const app = express().set("trust proxy", true).use(express.json(), middleware);
  app.post("/", (req: any, res: any) => {
    Object.assign(req.session, req.body);
    res.json(req.session);
  });
  app.get("/", (req: any, res: any) => res.json(req.session));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    send: (method, cookie, body) => answerOf(fetch(url, request(method, cookie, body))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An app that answers requests of the Fetch API. */
export function fetchApp(handle: (request: Request) => Response | Promise<Response>): OldApp {
  return {
    send: (method, cookie, body) =>
      answerOf(Promise.resolve(handle(new Request("https://example.com/", request(method, cookie, body))))),
    close: async () => undefined,
  };
}

function request(method: string, cookie: string, body: object | undefined): RequestInit {
  const headers = { cookie, "content-type": "application/json", "x-forwarded-proto": "https" };
  return { method, headers, ...(body && { body: JSON.stringify(body) }) };
}

async function answerOf(answering: Promise<Response>): Promise<Answer> {
  const response = await answering;
  if (response.status !== 200) throw new Error(`The old program answered ${response.status}.`);
  return { setCookies: response.headers.getSetCookie(), body: await response.json() };
}

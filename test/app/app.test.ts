import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { STORES } from "../../apps/demo/stores.ts";
import { spawnApp } from "../support/client.ts";
import { LISTENERS } from "./adapters.ts";
import { conformanceSuite } from "./conformance-suite.ts";

const FORMATS =
  "flask, flask-session, express-session, cookie-session, fastify-secure-session, iron-session, hono-sessions, jwt";
const STORAGES = ["encrypted", "signed", "flask", "server"];

for (const adapter of Object.keys(LISTENERS)) {
  for (const storage of STORAGES) conformanceSuite(adapter, storage);
}

describe("the conformance app refuses", () => {
  test.each([
    [
      "ADAPTER=rails",
      "ADAPTER=rails is not known. Known: web, node, hono, express, express4, fastify, koa, h3, nest-express, nest-fastify, react-router, next, nitro, sveltekit.\n",
    ],
    ["STORAGE=paper", "STORAGE=paper is not known. Known: encrypted, signed, server, hybrid, flask.\n"],
    ["STORAGE=server STORE=paper", `STORE=paper is not known. Known: ${Object.keys(STORES).join(", ")}.\n`],
    ["STORAGE=server LAYOUT=paper", "LAYOUT=paper is not known. Known: native, flask-session.\n"],
    ["STORAGE=server REVOCATION=redis", "REVOCATION is for STORAGE=encrypted and STORAGE=signed.\n"],
    ["ACCEPT=paper", `ACCEPT=paper is not known. Known: ${FORMATS}.\n`],
    ["STORAGE=flask ACCEPT=jwt", "ACCEPT is not for STORAGE=flask.\n"],
    ["LIFETIME=soon", "LIFETIME must be a whole number.\n"],
    ["PORT=99999", "PORT must be at most 65535.\n"],
    ["LIFETIME=0", "lifetime must be a whole number of seconds, from 1 to 3155760000.\n"],
  ])("%s with exit code 2", async (settings, message) => {
    const child = spawnApp(Object.fromEntries(settings.split(" ").map((setting) => setting.split("="))));
    let stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = await once(child, "close");
    expect([code, stderr]).toEqual([2, message]);
  });
});

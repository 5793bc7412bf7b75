import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError, CookieError } from "../../errors.ts";
import { FakeClock, TestClient } from "../index.ts";

/** What a request looked like to the application. */
function echo(): Hono {
  const app = new Hono();
  app.on(["GET", "POST", "PUT", "PATCH", "DELETE"], "/echo", async (c) =>
    c.json({
      method: c.req.method,
      cookie: c.req.header("Cookie") ?? "",
      type: c.req.header("Content-Type") ?? "",
      body: await c.req.text(),
    }),
  );
  app.all("/to/:status", (c) => {
    c.header("Set-Cookie", "hop=1; Path=/", { append: true });
    return c.redirect(c.req.query("at") ?? "/echo", Number(c.req.param("status")) as 302);
  });
  app.all("/set", (c) => {
    for (const cookie of c.req.queries("cookie") ?? []) c.header("Set-Cookie", cookie, { append: true });
    return c.text("set");
  });
  return app;
}

describe("requests", () => {
  test("have every method of fetch, and json", async () => {
    const client = new TestClient(echo());
    const methods = ["get", "post", "put", "patch", "delete"] as const;
    for (const method of methods)
      expect((await (await client[method]("/echo")).json()).method).toBe(method.toUpperCase());
    expect((await client.head("/echo")).status).toBe(200);
    expect(await (await client.post("/echo", { json: { a: [1] } })).json()).toMatchObject({
      type: "application/json",
      body: '{"a":[1]}',
    });
    const own = { json: null, headers: { "Content-Type": "application/problem+json" } };
    expect(await (await client.put("/echo", own)).json()).toMatchObject({
      type: "application/problem+json",
      body: "null",
    });
    const form = await client.post("/echo", { body: new URLSearchParams({ a: "1 2" }) });
    expect(await form.json()).toMatchObject({ body: "a=1+2" });
    await expect(client.post("/echo", { json: 1, body: "1" })).rejects.toThrow(ConfigError);
  });

  test("bring a Cookie header of their own in place of the client's", async () => {
    const client = new TestClient(echo());
    await client.setCookie("theme", "dark");
    expect((await (await client.get("/echo")).json()).cookie).toBe("theme=dark");
    const own = await client.get("/to/302", { headers: { cookie: "a=1" }, redirect: "follow" });
    expect((await own.json()).cookie).toBe("a=1");
  });

  test("stay within the application", async () => {
    const client = new TestClient(echo());
    await expect(client.get("http://example.com/echo")).rejects.toThrow(ConfigError);
    expect((await client.get("http://localhost/echo")).status).toBe(200);
    const away = client.get("/to/302?at=https://example.com/", { redirect: "follow" });
    await expect(away).rejects.toThrow("that is not at https://example.com");
  });
});

describe("redirects", () => {
  test("are the response, unless they are followed", async () => {
    const client = new TestClient(echo());
    const response = await client.get("/to/302");
    expect([response.status, response.headers.get("Location")]).toEqual([302, "/echo"]);
    expect(await client.cookie("hop")).toBe("1");
    await expect(client.get("/to/302", { redirect: "error" })).rejects.toThrow(TypeError);
    expect((await client.get("/echo", { redirect: "error" })).status).toBe(200);
  });

  test.each([
    [301, "GET", ""],
    [302, "GET", ""],
    [303, "GET", ""],
    [307, "POST", "text"],
    [308, "POST", "text"],
  ])("of status %i turn a POST into %s, and bring the cookies of the hop", async (status, method, body) => {
    const client = new TestClient(echo());
    const response = await client.post(`/to/${status}`, { body: "text", redirect: "follow" });
    const type = body === "" ? "" : "text/plain;charset=UTF-8";
    expect(await response.json()).toEqual({ method, body, cookie: "hop=1", type });
  });

  test("of status 302 leave a PUT as it is", async () => {
    const response = await new TestClient(echo()).put("/to/302", { body: "text", redirect: "follow" });
    expect(await response.json()).toMatchObject({ method: "PUT", body: "text" });
  });

  test("without an end are an error", async () => {
    const endless = new TestClient(echo()).get("/to/302?at=/to/302", { redirect: "follow" });
    expect((await endless).status).toBe(200);
    const app = new Hono().get("/", (c) => c.redirect("/"));
    await expect(new TestClient(app).get("/", { redirect: "follow" })).rejects.toThrow("too many redirects");
  });

  test("are followed while somebody else holds a copy of their body", async () => {
    const moved = new Response("moved", { status: 308, headers: { Location: "/echo" } });
    const copy = moved.clone();
    const app = echo().get("/page", () => moved);
    expect((await new TestClient(app).get("/page", { redirect: "follow" })).status).toBe(200);
    expect(await copy.text()).toBe("moved");
  });

  test("without a place to go to are responses", async () => {
    const app = new Hono().get("/", (c) => c.body(null, 302));
    expect((await new TestClient(app).get("/", { redirect: "follow" })).status).toBe(302);
  });
});

describe("cookies", () => {
  const set = (client: TestClient, ...cookies: string[]) =>
    client.get(`/set?${new URLSearchParams(cookies.map((cookie) => ["cookie", cookie]))}`);

  test("are kept and dropped as a browser does", async () => {
    const client = new TestClient(echo());
    await set(
      client,
      "a=1",
      "__Host-b=2; Secure; Path=/",
      "__Host-c=3; Path=/",
      "d=4; Domain=example.com",
      "e=5; Path=/elsewhere",
      "=",
    );
    const sent = (await (await client.get("/echo")).json()).cookie;
    expect(sent).toBe("a=1; __Host-b=2");
    expect([await client.cookie("e"), await client.cookie("d"), await client.cookie("__Host-c")]).toEqual([
      "5",
      undefined,
      undefined,
    ]);
    await set(client, "a=; Max-Age=0", "e=; Path=/elsewhere; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    expect([await client.cookie("a"), await client.cookie("e")]).toEqual([undefined, undefined]);
  });

  test.each([
    ["SameSite=None without Secure", "a=1; SameSite=None"],
    ["Partitioned without Secure", "a=1; Partitioned"],
    ["more than 4,096 bytes", `a=${"x".repeat(4096)}`],
    ["__Secure- without Secure", "__Secure-a=1"],
    ["__Host- without a path", "__Host-a=1; Secure"],
    ["__Http- without HttpOnly", "__Http-a=1; Secure"],
    ["a prefix in the value alone", "=__Secure-a=1; Secure"],
    ["a prefix in other letters", "__HOST-HTTP-a=1; Secure; Path=/"],
  ])("that browsers drop are not kept: %s", async (_, setCookie) => {
    const client = new TestClient(echo());
    await set(client, setCookie);
    expect((await (await client.get("/echo")).json()).cookie).toBe("");
    expect(await client.cookie(setCookie.slice(0, setCookie.indexOf("=")))).toBe(undefined);
  });

  test("lose the attributes that browsers ignore", async () => {
    const client = new TestClient(echo());
    const long = `/${"x".repeat(1024)}`;
    await set(
      client,
      `largest=${"x".repeat(4089)}`,
      `path=1; Path=${long}`,
      "age=1; Max-Age=1.5",
      "a=1; SameSite=x",
    );
    expect((await (await client.get("/echo")).json()).cookie).toMatch(/^largest=x+; path=1; age=1; a=1$/);
  });

  test("are read, set and deleted by the test", async () => {
    const client = new TestClient(echo());
    await client.setCookie("theme", "dark", { maxAge: 60 });
    await client.setCookie("part", "1", { path: "/part" });
    expect([await client.cookie("theme"), await client.cookie("part"), await client.cookie("x")]).toEqual([
      "dark",
      "1",
      undefined,
    ]);
    for (const name of ["theme", "part", "x"]) await client.deleteCookie(name);
    expect([await client.cookie("theme"), await client.cookie("part")]).toEqual([undefined, undefined]);
    await expect(client.setCookie("a b", "1")).rejects.toThrow(CookieError);
    await expect(client.setCookie("a", "1", { domain: "example.com" })).rejects.toThrow(ConfigError);
  });

  test("expire by the client's clock, however often they are used", async () => {
    const clock = new FakeClock();
    const client = new TestClient(echo(), { clock });
    const date = (seconds: number) => new Date(clock.now() + seconds * 1000).toUTCString();
    await set(
      client,
      "age=1; Max-Age=100",
      `date=1; Expires=${date(200)}`,
      "both=1; Max-Age=300; Expires=0",
      "ever=1",
    );
    const sent = async () => (await (await client.get("/echo")).json()).cookie;
    expect(await sent()).toBe("age=1; date=1; both=1; ever=1");
    clock.move(99);
    expect(await sent()).toBe("age=1; date=1; both=1; ever=1");
    clock.move(1);
    expect(await sent()).toBe("date=1; both=1; ever=1");
    clock.move(100);
    expect(await sent()).toBe("both=1; ever=1");
    clock.move(366 * 24 * 60 * 60);
    expect(await sent()).toBe("ever=1");
  });

  test("of a clock that is far behind the machine's are kept", async () => {
    const clock = new FakeClock(new Date("2001-02-03T04:05:06Z"));
    const client = new TestClient(echo(), { clock });
    await set(client, "date=1; Expires=Sat, 03 Feb 2001 05:00:00 GMT");
    expect(await client.cookie("date")).toBe("1");
  });

  test("of two clients are apart", async () => {
    const app = echo();
    const [one, two] = [new TestClient(app), new TestClient(app)];
    await one.setCookie("a", "1");
    expect(await two.cookie("a")).toBe(undefined);
  });
});

describe("servers", () => {
  const hello = () => createServer((_, response) => response.end("hello"));

  test("are opened by the first request, and closed with the client", async () => {
    const server = hello();
    {
      await using client = new TestClient(server);
      expect(server.listening).toBe(false);
      const texts = [client.get("/"), client.get("/")].map(async (response) => (await response).text());
      expect(await Promise.all(texts)).toEqual(["hello", "hello"]);
      expect(server.listening).toBe(true);
    }
    expect(server.listening).toBe(false);
    await new TestClient(hello()).close();
  });

  test("that listen already stay open", async () => {
    for (const host of ["127.0.0.1", undefined]) {
      const server = hello();
      await once(server.listen(0, host), "listening");
      onTestFinished(() => void server.close());
      const client = new TestClient(server);
      expect(await (await client.get("/")).text()).toBe("hello");
      await client.close();
      expect(server.listening).toBe(true);
      const { port } = server.address() as AddressInfo;
      expect(await (await new TestClient(`http://127.0.0.1:${port}`).get("/")).text()).toBe("hello");
      server.closeAllConnections();
    }
  });
});

describe("what cannot be asked is refused at once", () => {
  test.each<[string, unknown, RegExp]>([
    ["an application of Express", express(), /createServer\(app\)/],
    ["an application of Koa", new Koa(), /createServer\(app\.callback\(\)\)/],
    ["an application of Fastify", fastify(), /app\.server/],
    ["an https server", createSecureServer(), /by its URL/],
    ["no URL", "localhost", /must be one of a server/],
    ["a URL of no server", "ftp://localhost", /must be one of a server/],
    ["nothing", undefined, /takes a handler/],
    ["null", null, /takes a handler/],
  ])("%s", (_, target, message) => {
    expect(() => new TestClient(target as never)).toThrow(ConfigError);
    expect(() => new TestClient(target as never)).toThrow(message);
  });

  test("a base URL of a server", () => {
    expect(() => new TestClient("http://localhost:1", { baseUrl: "https://example.com" })).toThrow(
      ConfigError,
    );
    expect(() => new TestClient(echo(), { baseUrl: "example.com" })).toThrow(ConfigError);
  });

  test("a listener of node:http's kind, once it was asked", async () => {
    const listener = new TestClient((() => undefined) as never);
    await expect(listener.get("/")).rejects.toThrow("createServer(handler)");
  });
});

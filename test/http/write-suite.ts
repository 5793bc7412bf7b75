import { cookies, HeadersSentError } from "hipflask";
import { describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { counting, failureOf, serve, streamed, type Subject } from "./serving.ts";

/** What is written before the headers leave goes out, once; what is written after it is refused. */
export function writeSuite(subject: Subject): void {
  describe("writes before the headers leave", () => {
    test.each([301, 302, 303, 307, 308])(
      "with a redirect of status %i, whose target sees it",
      async (status) => {
        const sessions = subject.storage.sessions();
        const { send } = await serve(subject, sessions, {
          "/": counting(sessions, () => new Response(null, { status, headers: { Location: "/target" } })),
          "/target": async ({ context }) => Response.json((await sessions.get(context)).data),
        });
        const client = new Client(send);
        const reply = await client.get("/");
        expect([reply.status, reply.header("location")]).toEqual([status, "/target"]);
        expect((await client.get(reply.header("location")!)).json()).toEqual({ n: 1 });
      },
    );

    test.each([
      ["GET", 200, "text"],
      ["HEAD", 200, ""],
      ["GET", 204, ""],
      ["GET", 304, ""],
      ["POST", 201, "text"],
      ["GET", 500, "text"],
    ])("with %s answered %i", async (method, status, body) => {
      const sessions = subject.storage.sessions();
      const content = status === 204 || status === 304 ? null : "text";
      const { send } = await serve(subject, sessions, {
        "/": counting(sessions, () => new Response(content, { status })),
        "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
      });
      const client = new Client(send);
      const reply = await client.ask(method, "/");
      expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([status, body, 1]);
      expect(reply.header("vary")).toBe("Cookie");
      await client.ask(method, "/");
      expect((await client.get("/dump")).json()).toEqual({ n: 2 });
    });

    test("with a stream, to which a later write is a typed error", async () => {
      const sessions = subject.storage.sessions();
      const late: unknown[] = [];
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          const session = await sessions.get(context);
          session.data["early"] = true;
          const jar = cookies(context);
          async function* body(): AsyncGenerator<Uint8Array> {
            yield new TextEncoder().encode("first ");
            const writes = [
              () => (session.data["late"] = true),
              () => session.flash("late"),
              () => session.clear(),
              () => session.destroy(),
              () => session.regenerate({ user: "42" }),
              () => session.update(() => undefined),
              () => jar.set("late", "1"),
              () => jar.delete("late"),
            ];
            for (const write of writes) late.push(await failureOf(write));
            yield new TextEncoder().encode("last");
          }
          return streamed(body());
        },
        "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
      });
      const client = new Client(send);
      const reply = await client.get("/");
      expect(reply.text).toBe("first last");
      expect(late).toHaveLength(8);
      for (const error of late) expect(error).toBeInstanceOf(HeadersSentError);
      expect((await client.get("/dump")).json()).toEqual({ early: true });
    });

    test("with a stream that asks for the session only then, and may read it", async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          async function* body(): AsyncGenerator<Uint8Array> {
            yield new TextEncoder().encode("first ");
            const session = await sessions.get(context);
            let code = "none";
            try {
              session.data["late"] = true;
            } catch (error) {
              code = (error as HeadersSentError).code;
            }
            yield new TextEncoder().encode(`${session.data["n"]} ${code}`);
          }
          return streamed(body());
        },
      });
      const cookie = await subject.storage.cookie(sessions, { n: 7 });
      const reply = await send("/", { headers: [["cookie", `session=${cookie}`]] });
      expect([reply.text, reply.setCookies]).toEqual(["first 7 HEADERS_SENT", []]);
    });

    test(`and ${subject.seesErrors ? "keeps" : "drops"} what was written before an error, which the framework ${subject.seesErrors ? "answers" : "throws on"}`, async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": counting(sessions, () => {
          throw new Error("the handler failed");
        }),
      });
      const reply = await send("/");
      expect([reply.status, reply.text]).toEqual([500, '{"error":"INTERNAL"}']);
      expect(reply.cookies("session")).toHaveLength(subject.seesErrors ? 1 : 0);
    });
  });

  describe("sets one cookie per name", () => {
    test("after a login, a message, a new identity and three sets", async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          const session = await sessions.get(context);
          await session.regenerate({ user: "42" });
          session.flash("Welcome");
          await session.regenerate();
          for (const n of [1, 2, 3]) {
            session.data["n"] = n;
            cookies(context).set("theme", `v${n}`);
          }
          return new Response("ok");
        },
        "/me": async ({ context }) => {
          const session = await sessions.get(context);
          return Response.json({ user: session.user, data: session.data, flashes: session.flashes() });
        },
      });
      const client = new Client(send);
      const reply = await client.get("/");
      expect(reply.setCookies).toHaveLength(2);
      expect(reply.cookies("theme")).toEqual(["v3"]);
      expect(reply.cookies("session")).toHaveLength(1);
      expect((await client.get("/me")).json()).toEqual({
        user: "42",
        data: { n: 3 },
        flashes: [{ category: "message", message: "Welcome" }],
      });
    });

    test("beside those of the application, which stay as they are", async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": counting(sessions, () => {
          const response = new Response("12345", {
            headers: { "Content-Length": "5", "X-Own": "1", ETag: '"e"' },
          });
          response.headers.append("Set-Cookie", "a=1; Path=/a, b");
          response.headers.append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
          return response;
        }),
      });
      const reply = await send("/");
      expect(reply.setCookies.slice(0, 2)).toEqual([
        "a=1; Path=/a, b",
        "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
      ]);
      expect(reply.setCookies[2]).toMatch(/^session=/);
      expect(reply.setCookies).toHaveLength(3);
      expect(["content-length", "x-own", "etag"].map((name) => reply.header(name))).toEqual([
        "5",
        "1",
        '"e"',
      ]);
      expect(reply.text).toBe("12345");
    });

    test("with __Host- and Secure for any host but this machine", async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, { "/": counting(sessions, () => new Response("ok")) });
      const reply = await send("/", { headers: [["host", "shop.example"]] });
      expect(reply.setCookies).toEqual([
        expect.stringMatching(/^__Host-session=[\w.-]+; Secure; HttpOnly; Path=\/; SameSite=Lax$/),
      ]);
    });

    test("and no more than the request caused: visitors without cookies leave no trace", async () => {
      const sessions = subject.storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/me": async ({ context }) => Response.json({ user: (await sessions.get(context)).user ?? null }),
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye");
        },
        "/size": async ({ context }) => Response.json(Object.keys((await sessions.get(context)).data).length),
      });
      const paths = Array.from({ length: 100 }, (_, i) => ["/me", "/logout", "/size"][i % 3]!);
      const replies = await Promise.all(paths.map((path) => send(path)));
      for (const reply of replies) {
        expect([reply.status, reply.setCookies, reply.header("vary")]).toEqual([200, [], "Cookie"]);
      }
    });
  });
}

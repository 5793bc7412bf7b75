import { createSessions } from "hipflask";
import { flaskConfig } from "hipflask/flask";
import { describe, expect, test } from "vitest";
import { onBench } from "../../src/testing/adapters/bench.ts";
import { replyTo, VARY_CASES, cacheControlCases } from "../../src/testing/adapters/caches.ts";
import { seen } from "../../src/testing/adapters/requests.ts";
import { newSession, SECRET } from "../../src/testing/adapters/storages.ts";
import { http2Subjects, subjects } from "./subjects.ts";

const flask = () => createSessions(flaskConfig({ SECRET_KEY: SECRET }));

describe.each([...subjects(), ...http2Subjects()])("$name, by Flask's rules", (subject) => {
  test("Vary is the same as by ours", () =>
    onBench(subject, async ({ serve }) => {
      for (const one of VARY_CASES) {
        const reply = await replyTo(serve, flask(), one, "Vary");
        expect([one, reply.header("vary")]).toEqual([one, one[2]]);
        const isSet = one[0] === "sets a cookie" || one[0] === "changes it";
        expect(reply.setCookies).toHaveLength(isSet ? 1 : 0);
      }
    }));

  test("Cache-Control is the application's own", () =>
    onBench(subject, async ({ serve }) => {
      for (const one of cacheControlCases(false)) {
        const reply = await replyTo(serve, flask(), one, "Cache-Control");
        expect([one, reply.header("cache-control")]).toEqual([one, one[1]]);
      }
    }));

  test("of several cookies the first one counts, wherever it stands", () =>
    onBench(subject, async ({ serve }) => {
      const [eve, bob] = [
        await newSession(flask(), { who: "eve" }),
        await newSession(flask(), { who: "bob" }),
      ];
      const data = async (...cookies: string[]) =>
        (
          await seen(
            serve,
            flask(),
            cookies.map((cookie) => ["cookie", cookie]),
          )
        ).data;
      expect(await data("theme=a; x=1", `y=2; session=${bob}`, "theme=b")).toEqual({ who: "bob" });
      expect(await data(`session=${eve}; session=${bob}`)).toEqual({ who: "eve" });
      expect(await data(`session=evil.x.y; session=${bob}`)).toEqual({});
    }));
});

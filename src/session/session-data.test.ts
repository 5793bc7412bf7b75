import { describe, expect, test } from "vitest";
import { setUp } from "../../test/support/cookie-sessions.ts";
import { KEY } from "../../test/support/visitor.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { FlaskCookie, Tuple } from "../codec/index.ts";
import { DataError, TooLargeError } from "../errors.ts";
import { signedCookie } from "./index.ts";

describe("data", () => {
  test("keeps nested changes, deletions and a new object", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["cart"] = { items: [] as string[] }));
    await visitor.visit(({ data }) => (data["cart"] as any).items.push("tea"));
    await visitor.visit(({ data }) => expect(data).toEqual({ cart: { items: ["tea"] } }));
    await visitor.visit((session) => (session.data = { b: 2 }));
    await visitor.visit(({ data }) => {
      expect(data).toEqual({ b: 2 });
      delete data["b"];
    });
    expect(visitor.cookie).toBe("");
  });

  test("is one for all who ask in a request", async () => {
    const { visitor } = setUp();
    await visitor.exchange(async (exchange) => {
      const [a, b] = await Promise.all([exchange.session(), exchange.session()]);
      expect(a).toBe(b);
    });
  });

  test("that does not fit into a cookie is refused with its size and its largest keys, and nothing is sent", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["keep"] = "x"));
    const before = visitor.cookie;
    const error: TooLargeError = await visitor
      .visit(({ data }) => Object.assign(data, { small: 1, cart: incompressible(5000), list: ["abc"] }))
      .then(
        () => expect.unreachable(),
        (reason) => reason,
      );
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error.message).toMatch(
      /^The session takes \d+ bytes as a cookie, name included; browsers keep 4096\. Largest keys: cart \(5\d{3} bytes\)/,
    );
    expect(error).toMatchObject({ code: "TOO_LARGE", limit: 4096 });
    expect(error.size).toBeGreaterThan(4096);
    expect(error.largest[0]![0]).toBe("cart");
    const named = await visitor
      .visit(({ data }) => (data[`\n\u001b[31m${"k".repeat(100)}`] = incompressible(5000)))
      .then(
        () => expect.unreachable(),
        (reason: Error) => reason.message,
      );
    expect(named).toContain(`"\\n\\u001b[31m${"k".repeat(34)}\\u2026" (5`);
    expect(visitor.cookie).toBe(before);
  });

  test("that can be compressed may be larger than a cookie", async () => {
    const { visitor } = setUp();
    await visitor.visit(({ data }) => (data["text"] = "Hello world. ".repeat(1000)));
    await visitor.visit(({ data }) => expect(data["text"]).toHaveLength(13_000));
  });

  test("fits up to exactly what browsers keep", async () => {
    const sizes: number[] = [];
    for (let length = 2900; length < 3080; length++) {
      const { visitor } = setUp({ storage: signedCookie({ compressAbove: 100_000 }) });
      try {
        const { setCookies } = await visitor.visit(({ data }) => (data["t"] = "x".repeat(length)));
        sizes.push(setCookies[0]!.split(";")[0]!.length - 1);
      } catch (error) {
        expect((error as TooLargeError).size).toBeGreaterThan(4096);
      }
    }
    expect(Math.max(...sizes)).toBeGreaterThan(4092);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
  });

  test("that cannot be stored is refused with its path", async () => {
    const { visitor } = setUp();
    await expect(visitor.visit(({ data }) => (data["cart"] = [{ fn: () => 1 }]))).rejects.toMatchObject({
      code: "UNSERIALIZABLE",
      path: "cart[0].fn",
    });
  });

  test("cannot use the session's own keys, so that no request can make itself somebody else", async () => {
    for (const key of ["_user_id", "_permanent", "_flashes", "_created", "_auth_at"]) {
      const { visitor } = setUp();
      await expect(visitor.visit(({ data }) => (data[key] = "42"))).rejects.toThrow(DataError);
    }
  });
});

describe("what is written can be read", () => {
  const build = {
    lists: (depth: number) => Array.from({ length: depth }).reduce((inner) => [inner], 1 as unknown),
    tuples: (depth: number) =>
      Array.from({ length: depth }).reduce((inner) => new Tuple([inner]), 1 as unknown),
    tagLike: (depth: number) =>
      Array.from({ length: depth }).reduce((inner) => ({ " t": inner }), 1 as unknown),
    dicts: (depth: number) => Array.from({ length: depth }).reduce((inner) => ({ a: inner }), 1 as unknown),
  };

  test.each(Object.entries(build))("at every depth of %s", async (_, nest) => {
    const depths = [1, 60, 64, 100, 126, 127, 128, 129, 254, 255, 256, 257, 400];
    let refused = 0;
    for (const depth of depths) {
      const { visitor } = setUp();
      const written = await visitor
        .visit(({ data }) => (data["x"] = nest(depth)))
        .then(
          () => true,
          (error) => {
            expect(error).toBeInstanceOf(DataError);
            return false;
          },
        );
      if (written) await visitor.visit(({ data }) => expect(data["x"]).toEqual(nest(depth)));
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(1);
  });

  test("at every size, or it is refused with its largest key", async () => {
    for (const length of [60_000, 65_000, 65_536, 200_000]) {
      const { visitor } = setUp();
      const text = "a".repeat(length);
      const error = await visitor
        .visit(({ data }) => (data["text"] = text))
        .then(
          () => undefined,
          (reason) => reason,
        );
      if (error === undefined) await visitor.visit(({ data }) => expect(data["text"]).toBe(text));
      else
        expect(error).toMatchObject({
          code: "TOO_LARGE",
          limit: 65_536,
          largest: [["text", length + 9], expect.anything()],
        });
      expect(error === undefined).toBe(length < 65_500);
    }
  });

  test("or is no dict and refused at once", async () => {
    const { visitor } = setUp();
    for (const data of [[1, 2], "abc", 5, null, new Date(), new Map()]) {
      await expect(visitor.visit((session) => (session.data = data as never))).rejects.toThrow(DataError);
    }
  });

  test("a list of many floats takes time in proportion to its length", () => {
    const codec = new FlaskCookie([KEY], {
      clock: new FakeClock(),
      maxJsonBytes: 1_000_000,
      compressAbove: 100,
    });
    const time = (length: number) => {
      const text = `{"a":[${Array.from({ length }, (_, i) => `${i % 7}.0`).join(",")}]}`;
      const opened = codec.open(codec.seal(text), undefined);
      if (opened.refused !== undefined) throw new Error(opened.refused);
      const start = performance.now();
      expect(codec.stringify(opened.data, opened.numberTypes)).toBe(text);
      return performance.now() - start;
    };
    const best = (length: number) => Math.min(...Array.from({ length: 5 }, () => time(length)));
    best(1000);
    expect(best(64_000)).toBeLessThan(64 * 8 * Math.max(best(1000), 0.05));
  });
});

/** Text that no compression makes shorter. */
function incompressible(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 36).toString(36);
  }).join("");
}

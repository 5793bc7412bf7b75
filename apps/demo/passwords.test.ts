import { expect, test } from "vitest";
import { Passwords } from "./passwords.ts";
import * as scrypt from "./scrypt.ts";

test("keeps a password so that it can be told from others, and not be read", async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash("Käsekuchen 42");
  expect(kept).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await passwords.isRight(kept, "Käsekuchen 42".normalize("NFD"))).toBe(true);
  expect(await passwords.isRight(kept, "Kasekuchen 42")).toBe(false);
  expect(await passwords.isRight(undefined, "Käsekuchen 42")).toBe(false);
});

test("the same password is kept in another way each time, and by what it cost then", async () => {
  const cheap = new Passwords({ memoryCost: 1024, timeCost: 1 });
  const [one, other] = [await cheap.hash("12345678"), await cheap.hash("12345678")];
  expect(one).not.toBe(other);
  expect(await new Passwords().isRight(one, "12345678")).toBe(true);
});

test("scrypt takes argon2's place where that is not installed", async () => {
  const [one, other] = [await scrypt.hash("Käsekuchen 42"), await scrypt.hash("Käsekuchen 42")];
  expect(one).not.toBe(other);
  expect(one).not.toContain("Käsekuchen");
  expect(await scrypt.verify(one, "Käsekuchen 42")).toBe(true);
  expect(await scrypt.verify(one, "Kasekuchen 42")).toBe(false);
});

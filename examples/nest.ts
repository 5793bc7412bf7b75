// NestJS: the session as a parameter. Decorators are written out, because Node runs this file without a compiler.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import "reflect-metadata";
import { Controller, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createSessions, serverSide, type Session } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { sessionDecorator, SessionExceptionFilter } from "hipflask/adapters/nest";
import { MemoryStore } from "hipflask/stores/memory";

interface Data {
  count?: number;
}

const sessions = createSessions<Data>({ storage: serverSide(new MemoryStore()) });
const CurrentSession = sessionDecorator(sessions);

class CountController {
  async count(session: Session<Data>) {
    await session.update((data) => {
      data.count = (data.count ?? 0) + 1;
    });
    return { count: session.data.count };
  }
}
const { prototype } = CountController;
Post("count")(prototype, "count", Object.getOwnPropertyDescriptor(prototype, "count")!);
CurrentSession()(prototype, "count", 0);
Controller()(CountController);

// oxlint-disable-next-line typescript/no-extraneous-class -- a module is what its decorator says
class AppModule {}
Module({ controllers: [CountController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.use(expressSessions(sessions));
app.useGlobalFilters(new SessionExceptionFilter(app.getHttpAdapter()));
await app.listen(0, "127.0.0.1");
const { port } = app.getHttpServer().address() as AddressInfo;

const ask = (cookie = "") => fetch(`http://127.0.0.1:${port}/count`, { method: "POST", headers: { cookie } });
const [cookie] = (await ask()).headers.getSetCookie()[0]!.split(";");
await Promise.all(Array.from({ length: 20 }, () => ask(cookie)));
const page = await (await ask(cookie)).json();
assert.deepEqual(page, { count: 22 });
console.log(page);
await app.close();

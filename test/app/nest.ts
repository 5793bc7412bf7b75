import "reflect-metadata";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpException,
  type INestApplication,
  Module,
  Req,
  Res,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionManager } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { SessionExceptionFilter } from "hipflask/adapters/nest";
import { type Call, call, failure, RequestError } from "./call.ts";
import { bodyText, sendResponse } from "./fetch-on-node.ts";

interface NestApp {
  readonly sessions: SessionManager<any>;
  respond(call: Call): Response | Promise<Response>;
  onError?(error: unknown): Response;
}

/** How a platform's request is read, and its response written. */
interface Platform<Request extends object, Reply> {
  /** The paths that every request has one of. */
  readonly everywhere: string[];
  open(
    root: new () => object,
    sessions: SessionManager<any>,
  ): Promise<{ app: INestApplication; listener: RequestListener }>;
  call(request: Request): Call;
  send(answer: Response, request: Request, reply: Reply): unknown;
}

const options = { bodyParser: false, logger: false } as const;

const express: Platform<IncomingMessage, ServerResponse> = {
  everywhere: ["/", "*path"],
  async open(root, sessions) {
    const app = await NestFactory.create(root, new ExpressAdapter(), options);
    app.use(expressSessions(sessions));
    return { app, listener: app.getHttpAdapter().getInstance() };
  },
  call: (request) =>
    call(request.method!, `http://localhost${request.url}`, request, () => bodyText(request)),
  send: (answer, request, reply) => sendResponse(answer, request, reply),
};

const fastify: Platform<FastifyRequest, FastifyReply> = {
  everywhere: ["*"],
  async open(root, sessions) {
    const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), options);
    const instance = app.getHttpAdapter().getInstance();
    instance.addContentTypeParser("*", (_request, _body, done) => done(null));
    await app.register(fastifySessions(sessions) as never);
    return {
      app,
      listener: (request, response) => void instance.ready().then(() => instance.routing(request, response)),
    };
  },
  call: (request) =>
    call(request.method, `http://localhost${request.url}`, request, () => bodyText(request.raw)),
  send: (answer, _request, reply) => reply.send(answer),
};

/** The application in one controller; `filter` answers the errors that it leaves. */
function nest<Request extends object, Reply>(
  platform: Platform<Request, Reply>,
  filter: (app: INestApplication, onError: (error: unknown) => Response) => ExceptionFilter,
): (app: NestApp) => RequestListener {
  return ({ sessions, respond, onError = failure }) => {
    class Everything {
      async answer(request: Request, reply: Reply): Promise<void> {
        await platform.send(await respond(platform.call(request)), request, reply);
      }
    }
    // What decorators come to.
    const { prototype } = Everything;
    All(platform.everywhere)(prototype, "answer", Object.getOwnPropertyDescriptor(prototype, "answer")!);
    Req()(prototype, "answer", 0);
    Res()(prototype, "answer", 1);
    Controller()(Everything);
    // oxlint-disable-next-line typescript/no-extraneous-class -- a module is what its decorator says
    class Root {}
    Module({ controllers: [Everything] })(Root);
    const ready = platform.open(Root, sessions).then(async ({ app, listener }) => {
      app.useGlobalFilters(filter(app, onError));
      await app.init();
      return listener;
    });
    return (request, response) => void ready.then((listener) => listener(request, response));
  };
}

function answering<Request extends object, Reply>(
  platform: Platform<Request, Reply>,
  onError: (error: unknown) => Response,
): ExceptionFilter {
  class Answering {
    catch(error: unknown, host: ArgumentsHost): unknown {
      const http = host.switchToHttp();
      // Express could not read the path.
      const isMalformed =
        error instanceof URIError || (error instanceof HttpException && error.getStatus() === 400);
      const own = isMalformed ? new RequestError(400, "The path is malformed") : error;
      return platform.send(onError(own), http.getRequest(), http.getResponse());
    }
  }
  Catch()(Answering);
  return new Answering();
}

const refusing = (app: INestApplication) => new SessionExceptionFilter(app.getHttpAdapter());

/** An application that answers every error by itself, and one that answers none. */
export const NEST = {
  express: {
    caring: nest(express, (_, onError) => answering(express, onError)),
    careless: nest(express, refusing),
  },
  fastify: {
    caring: nest(fastify, (_, onError) => answering(fastify, onError)),
    careless: nest(fastify, refusing),
  },
};

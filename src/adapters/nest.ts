import {
  type ArgumentsHost,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  HttpException,
} from "@nestjs/common";
import { BaseExceptionFilter } from "@nestjs/core";
import { GoneError, StoreError, UnauthorizedError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { type Refusal, refusalOf } from "./refusal.ts";

/**
 * Makes a decorator that gives a controller's method its session. The sessions themselves come with the platform's adapter,
 * Express' or Fastify's.
 *
 * @example
 * export const CurrentSession = sessionDecorator(sessions);
 *
 * app.use(expressSessions(sessions)); // or await app.register(fastifySessions(sessions))
 * app.useGlobalFilters(new SessionExceptionFilter(app.getHttpAdapter()));
 *
 * @Get("count")
 * async count(@CurrentSession() session: Session<Data>) {
 *   session.data.count += 1;
 *   return { count: session.data.count };
 * }
 */
export function sessionDecorator<Data extends object>(
  sessions: SessionManager<Data>,
): () => ParameterDecorator {
  checkSessions(sessions, "sessionDecorator(sessions)");
  return createParamDecorator((_: unknown, context: ExecutionContext) =>
    sessions.get(context.switchToHttp().getRequest()),
  );
}

/**
 * Answers with 503 to a store that fails, with 409 to a session that has ended, and with a redirect or 401 to a visitor who must log in first,
 * where Nest by itself says 500.
 */
export class SessionExceptionFilter extends BaseExceptionFilter implements ExceptionFilter {
  /** Answers such an error. Nest calls it. */
  override catch(error: StoreError | GoneError | UnauthorizedError, host: ArgumentsHost): void {
    const { status, text, headers }: Omit<Refusal, "status"> & { status: number } =
      error instanceof UnauthorizedError
        ? { status: error.status, text: error.message, headers: error.headers }
        : refusalOf(error)!;
    const response: { header(name: string, value: string): unknown } = host.switchToHttp().getResponse();
    const own = ["Retry-After", "Cache-Control", "Location"] as const;
    for (const name of own) if (headers[name] !== undefined) response.header(name, headers[name]);
    super.catch(new HttpException(text, status), host);
  }
}

Catch(StoreError, GoneError, UnauthorizedError)(SessionExceptionFilter);

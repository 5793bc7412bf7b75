import type { SessionRequest } from "./request.ts";

declare global {
  namespace Express {
    interface Request {
      session: SessionRequest["session"];
      sessionID: string;
      sessionStore: SessionRequest["sessionStore"];
    }
  }
}

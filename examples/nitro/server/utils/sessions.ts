import { createSessions } from "hipflask";

export const sessions = createSessions<{ visits?: number }>({
  secretKey: process.env.SECRET_KEY,
});

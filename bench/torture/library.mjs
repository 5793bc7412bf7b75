/** hipflask as it was built. */
export { expressSessions } from "../../dist/adapters/express.js";
export { fastifySessions } from "../../dist/adapters/fastify.js";
export { honoSessions } from "../../dist/adapters/hono.js";
export { koaSessions } from "../../dist/adapters/koa.js";
export { nodeSessions } from "../../dist/adapters/node.js";
export { default as expressSession } from "../../dist/express-session/index.js";
export { createSessions, encryptedCookie, serverSide, signedCookie } from "../../dist/index.js";
export { MemoryStore } from "../../dist/stores/memory.js";

export default {
  preset: "node-middleware",
  serverDir: "server",
  compatibilityDate: "2026-11-01",
};

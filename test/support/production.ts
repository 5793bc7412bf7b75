/** Runs `work` as in production. */
export async function inProduction<T>(work: () => T | Promise<T>): Promise<void> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await work();
  } finally {
    process.env["NODE_ENV"] = before;
  }
}

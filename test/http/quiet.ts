import { beforeEach, onTestFinished } from "vitest";

/** Nothing is printed while a test runs: Hono says on the console what no application caught. */
export function quiet(): void {
  beforeEach(() => {
    const { error } = console;
    console.error = () => undefined;
    onTestFinished(() => void (console.error = error));
  });
}

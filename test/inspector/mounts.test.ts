import { onTestFinished, test } from "vitest";
import { describeInstalled } from "../support/installed.ts";
import { startServer } from "../support/server-process.ts";
import { folder, PROGRAMS } from "../runtimes/programs.ts";
import { answersForTheInspector, answersThisMachine, type Serve, serving } from "./mount-suite.ts";
import { MOUNTS } from "./mounts.ts";

test.each(Object.keys(MOUNTS))("%s answers for the inspector, and notes its own requests", async (name) =>
  answersForTheInspector(serving(MOUNTS[name]!)),
);

test.each(Object.keys(MOUNTS))("%s answers this machine alone, without a guard", async (name) =>
  answersThisMachine(name, serving(MOUNTS[name]!)),
);

describeInstalled("runtimes", "on another runtime", () => {
  test.each([
    ["Bun", [PROGRAMS.Bun, "--conditions=@hipflask/source"]],
    ["Deno", [PROGRAMS.Deno, "run", "--allow-all", "--no-check", "--conditions=@hipflask/source"]],
  ] as const)(
    "%s answers for the inspector",
    async (name, [program, ...args]) => {
      const serve: Serve = async (isGuarded) => {
        const { url, stop } = await startServer({
          program,
          args: [...args, `${folder}../inspector/elsewhere.ts`],
          cwd: folder,
          env: { PATH: process.env["PATH"]!, HOME: process.env["HOME"]!, GUARDED: isGuarded ? "1" : "" },
          announcement: /listening on (http:\/\/127\.0\.0\.1:\d+)/,
        });
        onTestFinished(stop);
        return url;
      };
      await answersForTheInspector(serve);
      await answersThisMachine(name, serve);
    },
    60_000,
  );
});

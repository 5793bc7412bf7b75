import { Argument, type Command } from "commander";
import { type Io, print } from "../io.ts";

export function register(program: Command, io: Io): void {
  program
    .command("completion")
    .description("print the script that makes a shell complete commands and options")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", "\nExample:\n  npx hipflask completion bash >> ~/.bashrc")
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const { COMPLETIONS } = await import("../completion.ts");
      await print(io.stdout, COMPLETIONS[shell](program));
    });
}

import type { Command } from "commander";

/** A command of the program, by the words that lead to it. */
interface Node {
  /** Empty for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly Command[];
  readonly options: readonly { readonly flags: readonly string[]; readonly description: string }[];
}

/** The script that makes a shell complete the program's commands and options. It follows from them alone. */
export const COMPLETIONS: Readonly<Record<"bash" | "zsh" | "fish", (program: Command) => string>> = {
  bash,
  zsh: (program) => `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`,
  fish,
};

function bash(program: Command): string {
  const name = program.name();
  const nodes = nodesOf(program);
  const paths = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `" ${path.join(" ")}"`);
  const lists = nodes.map(({ path, commands, options }) => {
    const words = [...commands.map((command) => command.name()), ...options.flatMap(({ flags }) => flags)];
    return `    "${path.map((word) => ` ${word}`).join("")}") list="${words.join(" ")}" ;;`;
  });
  return `_${name}() {
  local word path="" list=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths.join("|")}) path="$path $word" ;;
    esac
  done
  case "$path" in
${lists.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$list" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}`;
}

function fish(program: Command): string {
  const name = program.name();
  const lines = nodesOf(program).flatMap(({ path, commands, options }) => {
    const condition =
      path.length === 0
        ? "__fish_use_subcommand"
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    const start = `complete -c ${name} -n '${condition}'`;
    return [
      ...commands.map((command) => `${start} -f -a ${command.name()} -d ${quoted(command.description())}`),
      ...options.map(
        ({ flags, description }) => `${start} ${flags.map(fishFlag).join(" ")} -d ${quoted(description)}`,
      ),
    ];
  });
  return lines.join("\n");
}

function nodesOf(program: Command): Node[] {
  const help = program.createHelp();
  const visit = (command: Command, path: readonly string[]): Node[] => {
    const commands = help.visibleCommands(command);
    const options = help.visibleOptions(command).map(({ short, long, description }) => ({
      flags: [short, long].flatMap((flag) => flag ?? []),
      description,
    }));
    return [
      { path, commands, options },
      ...command.commands.flatMap((child) => visit(child, [...path, child.name()])),
    ];
  };
  return visit(program, []);
}

function fishFlag(flag: string): string {
  return flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

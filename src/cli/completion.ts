import type { Command } from "commander";

/** What has to be completed: a command, by the words that lead to it, or the program itself. */
interface Node {
  /** Empty for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly Command[];
  /** What its arguments may be, where they are a choice. */
  readonly choices: readonly string[];
  readonly options: readonly Flag[];
}

interface Flag {
  /** As they are written: `-k`, `--key`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** The script that makes a shell complete the program's commands, options and choices. It follows from them alone. */
export const COMPLETIONS: Readonly<Record<"bash" | "zsh" | "fish", (program: Command) => string>> = {
  bash,
  zsh: (program) => `${ZSH}\n${bash(program)}`,
  fish,
};

/** bash's way of completing, in zsh, also where its own one has not been switched on. */
const ZSH = `(( $+functions[compdef] )) || { autoload -U +X compinit && compinit -i; }
autoload -U +X bashcompinit && bashcompinit`;

function bash(program: Command): string {
  const name = program.name();
  const nodes = nodesOf(program);
  const paths = nodes.filter(({ path }) => path.length > 0).map((node) => `"${pathOf(node)}"`);
  const lists = nodes.map((node) => {
    const { commands, choices, options } = node;
    const words = [
      ...commands.map((command) => command.name()),
      ...choices,
      ...options.flatMap(({ names }) => names),
    ];
    return `    "${pathOf(node)}") list="${words.join(" ")}" ;;`;
  });
  const values = nodes.flatMap((node) =>
    node.options.flatMap(({ names, choices }) => {
      const patterns = names.map((flag) => `"${pathOf(node)} ${flag}"`).join("|");
      return choices.length === 0 ? [] : [`    ${patterns}) list="${choices.join(" ")}" ;;`];
    }),
  );
  return `_${name}() {
  local word path="" list=""
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$path $word" in
      ${paths.join("|")}) path="$path $word" ;;
    esac
  done
  case "$path" in
${lists.join("\n")}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$list" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}`;
}

function pathOf({ path }: Node): string {
  return path.map((word) => ` ${word}`).join("");
}

function fish(program: Command): string {
  const name = program.name();
  const lines = nodesOf(program).flatMap(({ path, commands, choices, options }) => {
    const start = `complete -c ${name} -n '${fishCondition(path, commands)}'`;
    return [
      ...commands.map((command) => `${start} -f -a ${command.name()} -d ${quoted(command.description())}`),
      ...(choices.length === 0 ? [] : [`${start} -f -a '${choices.join(" ")}'`]),
      ...options.map((flag) => `${start} ${fishFlag(flag)} -d ${quoted(flag.description)}`),
    ];
  });
  return lines.join("\n");
}

/** When the cursor is behind these words, and not behind one of the commands that may follow them. */
function fishCondition(path: readonly string[], commands: readonly Command[]): string {
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const next = commands.map((command) => command.name()).join(" ");
  return [...seen, ...(next === "" ? [] : [`not __fish_seen_subcommand_from ${next}`])].join("; and ");
}

function fishFlag({ names, takesValue, choices }: Flag): string {
  const flags = names.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  if (choices.length > 0) return `${flags.join(" ")} -x -a '${choices.join(" ")}'`;
  return [...flags, ...(takesValue ? ["-r"] : [])].join(" ");
}

function nodesOf(program: Command): Node[] {
  const help = program.createHelp();
  const visit = (command: Command, path: readonly string[]): Node[] => {
    const options = help
      .visibleOptions(command)
      .map(({ short, long, description, required, argChoices = [] }) => ({
        names: [short, long].flatMap((flag) => flag ?? []),
        description,
        takesValue: required,
        choices: argChoices,
      }));
    const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
    return [
      { path, commands: help.visibleCommands(command), choices, options },
      ...command.commands.flatMap((child) => visit(child, [...path, child.name()])),
    ];
  };
  return visit(program, []);
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

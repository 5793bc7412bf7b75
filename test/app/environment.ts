/** The environment asks for something that there is not. */
export class UsageError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number; undefined where nothing is said. @throws UsageError */
export function number(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`${name} must be a whole number.`);
  return Number(text);
}

/** One of several names. @throws UsageError */
export function choice<Choices extends object>(
  env: Environment,
  name: string,
  otherwise: keyof Choices & string,
  choices: Choices,
): keyof Choices {
  return known(name, env[name] || otherwise, choices);
}

/** A name that is among those of `choices`. @throws UsageError */
export function known<Choices extends object>(
  variable: string,
  chosen: string,
  choices: Choices,
): keyof Choices {
  if (Object.hasOwn(choices, chosen)) return chosen as keyof Choices;
  throw new UsageError(`${variable}=${chosen} is not known. Known: ${Object.keys(choices).join(", ")}.`);
}

/** What stands between commas. */
export function list(env: Environment, name: string): string[] {
  return (env[name] ?? "").split(",").filter((entry) => entry !== "");
}

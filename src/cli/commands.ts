import type { Command } from "commander";
import { register as completion } from "./commands/completion.ts";
import { register as decode } from "./commands/decode.ts";
import { register as demo } from "./commands/demo.ts";
import { register as doctor } from "./commands/doctor.ts";
import { register as secret } from "./commands/secret.ts";
import { register as sessions } from "./commands/sessions.ts";
import { register as sign } from "./commands/sign.ts";
import type { Io } from "./io.ts";

/** Adds a command to the program. What it needs beyond its options it loads when it runs. */
type Register = (program: Command, io: Io) => void;

/** Every command, in the order of the help. */
export const COMMANDS: readonly Register[] = [secret, decode, sign, doctor, sessions, demo, completion];

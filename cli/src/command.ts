import { type Command } from "commander";
import { type Context, type GlobalFlags } from "./context.ts";

/** What every command is built with: how its work is run. */
export interface Shell {
  /** Runs a command's work with a context of its own and ends it. */
  run(flags: GlobalFlags, work: (context: Context) => Promise<void>): Promise<void>;
}

/** Options given before or behind the command. */
export function flagsOf(command: Command): GlobalFlags {
  return command.optsWithGlobals();
}

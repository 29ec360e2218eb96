import { ProtocolError } from "@fizz/protocol/errors";
import { CommanderError } from "commander";
import { type Fetch } from "./chain/chain.ts";
import { type Shell } from "./command.ts";
import { type Environment, loadSettings, wantsNoColor } from "./config.ts";
import { Context } from "./context.ts";
import { type ExitCode, exitCodeOf, exitCodes, ProgramExit } from "./output/exit-codes.ts";
import { reportError } from "./output/report-error.ts";
import { type Sink, type Source, Terminal } from "./output/terminal.ts";
import { createProgram } from "./program.ts";

/** The world outside of the CLI. */
export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly fetch: Fetch;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Runs one command line.
 *
 * @param argv Arguments without the program's own name.
 * @returns The exit code; after `deployment shell`, the program's own.
 */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdin, stdout, stderr, signal } = surroundings;
  const color = !argv.includes("--no-color") && !wantsNoColor(surroundings.env);
  const terminal = new Terminal({ stdin, stdout, stderr, color });
  const json = argv.includes("--json");
  try {
    await runCommand(argv, surroundings, terminal);
    return exitCodes.ok;
  } catch (error) {
    if (signal.aborted) {
      const goesOn = argv.includes("create") || argv.includes("resume");
      const hint =
        " What is on chain stays: `fizz deployment list` shows it, `fizz deployment resume --lid N` goes on.";
      terminal.stderr(`\nInterrupted.${goesOn ? hint : ""}\n`);
      return exitCodes.interrupted;
    }
    if (error instanceof ProgramExit) return error.code;
    if (error instanceof CommanderError) return endOfParsing(terminal, error, json);
    reportError(terminal, error, json);
    return exitCodeOf(error);
  }
}

async function runCommand(
  argv: readonly string[],
  surroundings: Surroundings,
  terminal: Terminal,
): Promise<void> {
  const { env, cwd, fetch, signal } = surroundings;
  const shell: Shell = {
    run: async (flags, work) => {
      const context = new Context({ terminal, settings: loadSettings(env), flags, cwd, signal, fetch });
      let failure: unknown;
      try {
        await work(context);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        await context.close(failure);
      }
    },
  };
  const program = createProgram(shell, {
    writeOut: (text) => {
      terminal.stdout(text);
    },
    writeErr: (text) => {
      terminal.stderr(text);
    },
    // Told below, in the same form as every other error.
    outputError: () => undefined,
  });
  await program.parseAsync(argv, { from: "user" });
}

/** Help and version end the parsing too; everything else is wrong usage. */
function endOfParsing(terminal: Terminal, error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) return exitCodes.ok;
  // A group without a command has shown its help already.
  if (error.code === "commander.help") return exitCodes.usage;
  const message = error.message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .trim();
  const usage = new ProtocolError(
    "USAGE",
    message.replace(/^./, (first) => first.toUpperCase()),
  );
  reportError(terminal, usage, json);
  return exitCodes.usage;
}

import { spawn } from "node:child_process";
import { ROOT } from "./paths.ts";
import { ScriptError } from "./script-error.ts";
import { withSystemPath } from "./system-path.ts";

const MAX_OUTPUT_CHARS = 4 * 1024 * 1024;
const TAIL_CHARS = 4000;

/** Outcome of a command that ran to its end. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly input?: string;
  /** Where what it says on stdout and stderr goes as well, as it comes. */
  readonly tee?: NodeJS.WritableStream;
}

/** Runs a command to its end and returns its status and output; rejects only when it cannot be started or is aborted. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [command = "", ...args] = argv;
  const env = options.env ?? process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...env, PATH: withSystemPath(env["PATH"]) },
      signal: options.signal,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout = (stdout + chunk).slice(-MAX_OUTPUT_CHARS);
      options.tee?.write(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr = (stderr + chunk).slice(-MAX_OUTPUT_CHARS);
      options.tee?.write(chunk);
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.once("error", reject);
    child.once("close", (status) => {
      resolve({ status: status ?? 1, stdout, stderr });
    });
  });
}

/** {@link runCommand}, throwing with the given code and the end of the output when the status is not 0. */
export async function requireCommand(
  code: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(argv, options);
  if (result.status !== 0) {
    const details = `${result.stdout}\n${result.stderr}`.trim().slice(-TAIL_CHARS);
    throw new ScriptError(code, `${argv.join(" ")} failed with status ${result.status}.`, { details });
  }
  return result;
}

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";

/** Bytes of output; what is beyond ends the script. */
export const MAX_SCRIPT_OUTPUT = 64 * 1024;
/** Bytes of its standard error that are kept for the owner. */
const MAX_SCRIPT_ERROR = 2 * 1024;
const MS_PER_SECOND = 1_000;
/** Private memory of one process of the script, in bytes. */
export const SCRIPT_MEMORY_BYTES = 512 * 1024 ** 2;
const MAX_FILES = 64;
/** Bytes of any file that it writes. */
const MAX_FILE_BYTES = 1024 ** 2;
/** Processes of the script's own account, where it has one. */
const MAX_PROCESSES = 32;
/** The account of the script where the agent is root: a number that neither systemd nor Debian gives to anybody. */
export const SCRIPT_UID = 61_183;
const PRLIMIT_PATHS = ["/usr/bin/prlimit", "/bin/prlimit"];
const WRITABLE_BY_OTHERS = 0o022;
const EXECUTABLE = 0o111;

export interface ScriptRun {
  readonly path: string;
  /** What it reads on standard input. */
  readonly input: string;
  readonly timeoutMs: number;
}

export type ScriptResult =
  { readonly type: "output"; readonly text: string } | { readonly type: "failed"; readonly why: string };

/**
 * Checks that a script is one that only its owner may change.
 *
 * @throws ProtocolError CONFIG_INVALID
 */
export function requireScript(path: string): void {
  const refuse = (problem: string): never => {
    throw new ProtocolError("CONFIG_INVALID", `FIZZ_NODE_PRICE_SCRIPT ${path} ${problem}.`);
  };
  if (!isAbsolute(path)) refuse("is not an absolute path");
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true) return refuse("is not a file");
  if ((facts.mode & WRITABLE_BY_OTHERS) !== 0)
    refuse("can be changed by its group or by everybody (chmod go-w)");
  if (facts.uid !== 0 && facts.uid !== process.getuid?.()) refuse("belongs to another account");
  if ((facts.mode & EXECUTABLE) === 0) refuse("is not executable (chmod +x)");
}

/**
 * Runs a script once, in a process group of its own that is killed when it has answered, or has not in time: no arguments,
 * an empty environment, limits of memory, files, file size and processor time where `prlimit` of util-linux is
 * installed, and an account of its own with a limit of processes where the agent is root. Never throws.
 */
export async function runScript({ path, input, timeoutMs }: ScriptRun): Promise<ScriptResult> {
  const isRoot = process.getuid?.() === 0;
  const [command, args] = commandOf(path, timeoutMs, isRoot);
  const account = isRoot ? { uid: SCRIPT_UID, gid: SCRIPT_UID } : {};
  return await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: "/", env: {}, detached: true, stdio: "pipe", ...account });
    const output = { text: "", error: "" };
    const end = (result: ScriptResult): void => {
      clearTimeout(timer);
      killGroup(child);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      resolve(result);
    };
    const fail = (why: string): void => {
      const told = output.error.trim();
      end({ type: "failed", why: told === "" ? why : `${why}; it said: ${told}` });
    };
    const timer = setTimeout(() => {
      fail(`it did not answer within ${timeoutMs} ms`);
    }, timeoutMs);
    child.once("error", (error) => {
      fail(`it could not be started: ${error.message}`);
    });
    // What it left behind would keep its output open.
    child.once("exit", () => {
      killGroup(child);
    });
    child.once("close", (code, signal) => {
      if (code === 0) end({ type: "output", text: output.text });
      else fail(`it ended with ${signal ?? `code ${code ?? "?"}`}`);
    });
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
      if (Buffer.byteLength(output.text) > MAX_SCRIPT_OUTPUT)
        fail(`it wrote more than ${MAX_SCRIPT_OUTPUT / 1_024} KiB`);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output.error = (output.error + chunk).slice(0, MAX_SCRIPT_ERROR);
    });
    // It may end without having read.
    child.stdin.on("error", () => undefined).end(`${input}\n`);
  });
}

function commandOf(path: string, timeoutMs: number, isRoot: boolean): [string, string[]] {
  const prlimit = PRLIMIT_PATHS.find((candidate) => existsSync(candidate));
  if (prlimit === undefined) return [path, []];
  const limits = [
    `--data=${SCRIPT_MEMORY_BYTES}`,
    `--nofile=${MAX_FILES}`,
    `--fsize=${MAX_FILE_BYTES}`,
    `--cpu=${Math.ceil(timeoutMs / MS_PER_SECOND) + 1}`,
    "--core=0",
    // Of an account that is not the script's alone, others would be counted.
    ...(isRoot ? [`--nproc=${MAX_PROCESSES}`] : []),
  ];
  return [prlimit, [...limits, "--", path]];
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

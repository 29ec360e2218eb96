import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { type Stoppable } from "./cleanup.ts";
import { ROOT } from "./paths.ts";
import { ScriptError } from "./script-error.ts";
import { withSystemPath } from "./system-path.ts";

const TAIL_LINES = 30;
/** Kept: the stack below what a program dies of is longer than the tail. */
const MAX_LINES = 200;
/** With which Go tells what it dies of. */
const DEFECT = /^(?:panic|fatal error|SIG[A-Z]+): /;
const READY_TIMEOUT_MS = 60_000;
const GRACE_MS = 10_000;
const KILL_WAIT_MS = 5000;
/** What it said last may come after its end. */
const FLUSH_MS = 200;
const PROBE_EVERY_MS = 100;
const SETPRIV = "/usr/bin/setpriv";

/** What to run, where its output goes, and how to see that it works. */
export interface DaemonInit {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Folder of the log file `<name>.log`. */
  readonly logDir: string;
  /** Also prints each line, with the name in front, on stderr. */
  readonly verbose?: boolean;
  /** A line of its output that says that it works. */
  readonly readyLine?: RegExp;
  /** Asked again and again until it answers true; an exception counts as false. */
  readonly readyProbe?: () => Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

/** A child process that is kept running. */
export interface Daemon extends Stoppable {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** True until the process has ended. */
  isRunning(): boolean;
  /** The newest lines of its output. */
  tail(): string;
}

/**
 * Starts a program in a process group of its own, waits until it is ready, and supervises it. The kernel ends it
 * when this process dies without a chance to (Linux). If it is not ready in time it is ended, and the error carries
 * its last lines; when it fails later, nobody having ended it, stderr gets them.
 */
export async function spawnDaemon(init: DaemonInit): Promise<Daemon> {
  const daemon = await SupervisedProcess.start(init);
  try {
    await daemon.waitUntilReady();
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

class SupervisedProcess implements Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Daemon["exited"];
  readonly #init: DaemonInit;
  readonly #log: WriteStream;
  readonly #lines: string[] = [];
  #running = true;
  #sawReadyLine = false;
  #wasReady = false;
  #stopping: Promise<void> | undefined;

  static async start(init: DaemonInit): Promise<SupervisedProcess> {
    const [command = "", ...args] = existsSync(SETPRIV)
      ? [SETPRIV, "--pdeathsig", "TERM", "--", ...init.argv]
      : init.argv;
    const env = init.env ?? process.env;
    const child = spawn(command, args, {
      cwd: init.cwd ?? ROOT,
      env: { ...env, PATH: withSystemPath(env["PATH"]) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => {
        reject(
          new ScriptError("DAEMON_NOT_STARTED", `${init.name} could not be started: ${cause.message}`, {
            cause,
          }),
        );
      });
    });
    return new SupervisedProcess(init, child);
  }

  private constructor(init: DaemonInit, child: ChildProcess) {
    this.#init = init;
    this.name = init.name;
    this.pid = child.pid ?? 0;
    this.logFile = join(init.logDir, `${init.name}.log`);
    this.#log = createWriteStream(this.logFile, { flags: "a" });
    this.#log.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        this.#onLine(line);
      });
    }
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#running = false;
        this.#log.end();
        if (this.#wasReady && this.#stopping === undefined && code !== null && code !== 0)
          void delay(FLUSH_MS).then(() => {
            process.stderr.write(`${this.name} ended by itself, with ${code}:\n${this.#lastWords()}\n`);
          });
        resolve({ code, signal });
      });
    });
  }

  isRunning(): boolean {
    return this.#running;
  }

  tail(): string {
    return this.#lines.slice(-TAIL_LINES).join("\n");
  }

  #lastWords(): string {
    const from = this.#lines.findIndex((line) => DEFECT.test(line));
    return from < 0 ? this.tail() : this.#lines.slice(from, from + TAIL_LINES).join("\n");
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#end();
    await this.#stopping;
  }

  async waitUntilReady(): Promise<void> {
    const timeoutMs = this.#init.readyTimeoutMs ?? READY_TIMEOUT_MS;
    const end = Date.now() + timeoutMs;
    while (!(await this.#isReady())) {
      this.#init.signal?.throwIfAborted();
      if (!this.#running) throw this.#failure("ended before it was ready");
      if (Date.now() > end) throw this.#failure(`was not ready within ${timeoutMs / 1000} s`);
      await delay(PROBE_EVERY_MS);
    }
    this.#wasReady = true;
  }

  async #isReady(): Promise<boolean> {
    if (this.#init.readyLine !== undefined && !this.#sawReadyLine) return false;
    if (this.#init.readyProbe === undefined) return true;
    return await this.#init.readyProbe().catch(() => false);
  }

  #failure(what: string): ScriptError {
    return new ScriptError("DAEMON_FAILED", `${this.name} ${what}. Its last lines:`, {
      details: this.tail(),
    });
  }

  #onLine(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    if (this.#init.readyLine?.test(line) === true) this.#sawReadyLine = true;
    if (!this.#log.writableEnded) this.#log.write(`${line}\n`);
    if (this.#init.verbose === true) process.stderr.write(`[${this.name}] ${line}\n`);
  }

  async #end(): Promise<void> {
    if (this.#running) {
      this.#signalGroup("SIGTERM");
      await Promise.race([this.exited, delay(this.#init.graceMs ?? GRACE_MS, undefined, { ref: false })]);
    }
    // Also when the leader is gone: a child of it may still be in the group.
    this.#signalGroup("SIGKILL");
    await Promise.race([this.exited, delay(KILL_WAIT_MS, undefined, { ref: false })]);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

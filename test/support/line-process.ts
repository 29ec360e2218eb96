import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Stoppable } from "../../scripts/lib/cleanup.ts";

const STOP_LIMIT_MS = 5_000;

/** A program that answers lines of JSON with lines of JSON. */
export class LineProcess implements Stoppable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor(argv: readonly string[]) {
    const [program = "", ...args] = argv;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    if (this.#child.stdout === null) throw new Error("there is no pipe");
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
  }

  /** The next line. Fails with what the program wrote to stderr when it ended. */
  async next<Line>(): Promise<Line> {
    const line: IteratorResult<string, unknown> = await this.#lines.next();
    if (line.done === true) throw new Error(`the program ended: ${this.#errors}`);
    return JSON.parse(line.value) as Line;
  }

  /** Says a word, and gives the answer. */
  async ask<Line>(word: string): Promise<Line> {
    this.#child.stdin?.write(`${word}\n`);
    return await this.next();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ScriptError } from "../../scripts/lib/script-error.ts";

/** A gateway in a process of its own, asked by words: it answers each with a line of JSON. */
export class AskedProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(argv: readonly string[]) {
    this.#child = spawn(process.execPath, [...argv], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new ScriptError("BENCH_FAILED", "The gateway has no output.");
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async next<Answer>(): Promise<Answer> {
    const line = await this.#lines.next();
    if (line.done === true) throw new ScriptError("BENCH_FAILED", "The gateway ended.");
    return JSON.parse(line.value) as Answer;
  }

  async ask<Answer>(word: string): Promise<Answer> {
    this.#child.stdin?.write(`${word}\n`);
    return await this.next<Answer>();
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

import { type ChildProcess, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { inRoot, ROOT } from "../paths.ts";
import { type MutationAnswer, type MutationTask } from "./mutation-worker.ts";

const WORKER = inRoot("scripts/lib/contracts/mutation-worker.ts");
/** Modules and chains of past rounds are never freed. */
const MAX_ROUNDS = 80;
const MAX_STDERR_CHARS = 4_000;
/** A Solidity test that fails keeps the traces of all its calls, which can be more than the machine has. */
const MAX_RESIDENT_BYTES = 7 * 1024 ** 3;
const MEMORY_CHECK_MS = 2_000;
const PAGE_BYTES = 4_096;

/** One worker process, replaced when it is worn out, dies or does not answer. */
class MutationWorker {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #rounds = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Runs a task; undefined when it took too long or too much, or the worker died: under a mutant that is a kill. */
  async run(task: MutationTask, timeoutMs: number): Promise<MutationAnswer | undefined> {
    if (this.#rounds >= MAX_ROUNDS) this.stop();
    const child = (this.#child ??= this.#start());
    this.#rounds += 1;
    let timer: NodeJS.Timeout | undefined;
    let watch: NodeJS.Timeout | undefined;
    const answer = await new Promise<MutationAnswer | undefined>((resolve) => {
      const onMessage = (message: unknown): void => {
        resolve(message as MutationAnswer);
      };
      child.once("message", onMessage).once("exit", () => {
        resolve(undefined);
      });
      timer = setTimeout(() => {
        resolve(undefined);
      }, timeoutMs);
      watch = setInterval(() => {
        void residentBytes(child.pid).then((bytes) => {
          if (bytes > MAX_RESIDENT_BYTES) resolve(undefined);
        });
      }, MEMORY_CHECK_MS);
      child.send(task);
    });
    clearTimeout(timer);
    clearInterval(watch);
    child.removeAllListeners("message").removeAllListeners("exit");
    if (answer === undefined) this.stop();
    return answer;
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#rounds = 0;
  }

  #start(): ChildProcess {
    const child = fork(WORKER, { cwd: ROOT, env: this.#env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-MAX_STDERR_CHARS);
    });
    child.on("exit", (status) => {
      if (status !== 0 && status !== null) process.stderr.write(`worker ended with ${status}: ${said}\n`);
    });
    return child;
  }
}

/** Memory that a process holds; 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/statm`, "utf8").catch(() => "");
  return Number(text.split(" ")[1] ?? 0) * PAGE_BYTES;
}

/** A few workers that share a list of jobs. */
export class MutationPool {
  readonly #workers: readonly MutationWorker[];

  constructor(size: number, env: NodeJS.ProcessEnv) {
    this.#workers = Array.from({ length: size }, () => new MutationWorker(env));
  }

  /** Runs `job` for every item, each with a worker of its own, until all are done or the signal says stop. */
  async each<T>(
    items: readonly T[],
    signal: AbortSignal,
    job: (item: T, run: MutationWorker["run"]) => Promise<void>,
  ): Promise<void> {
    const waiting = [...items];
    const consume = async (worker: MutationWorker): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined && !signal.aborted; item = waiting.shift()) {
        await job(item, async (task, timeoutMs) => await worker.run(task, timeoutMs));
      }
    };
    await Promise.all(this.#workers.map(consume));
  }

  stop(): void {
    for (const worker of this.#workers) worker.stop();
  }
}

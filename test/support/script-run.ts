import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { inRoot, ROOT } from "../../scripts/lib/paths.ts";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";
import { until } from "./until.ts";

/** A script of the project, run as `npm start` and the like run it, with a temporary folder of its own. */
export class ScriptRun {
  readonly #child: ChildProcess;
  readonly #temp: TempDir;
  readonly #seen = new Set<number>();
  #stdout = "";
  #stderr = "";

  static async start(script: string): Promise<ScriptRun> {
    return new ScriptRun(script, await createTempDir("run"));
  }

  private constructor(script: string, temp: TempDir) {
    this.#temp = temp;
    const env = { ...process.env, TMPDIR: temp.path };
    const argv = [inRoot("scripts/bootstrap.js"), inRoot(script)];
    this.#child = spawn("node", argv, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (this.#stdout += chunk));
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (this.#stderr += chunk));
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until its stdout has a text; throws with its stderr when it ends before. */
  async untilSays(text: string, timeoutMs: number): Promise<void> {
    await until(
      async () => {
        await this.#lookAround();
        if (!this.isRunning()) throw new Error(`it ended: ${this.#stderr}`);
        return this.#stdout.includes(text);
      },
      `it says "${text}"`,
      timeoutMs,
    );
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Waits for its end and returns the exit code. */
  async ended(timeoutMs: number): Promise<number | null> {
    await until(
      async () => {
        await this.#lookAround();
        return !this.isRunning();
      },
      "it ends",
      timeoutMs,
    );
    return this.#child.exitCode;
  }

  /** Processes that it or its children started and that still run. */
  async leftProcesses(): Promise<string[]> {
    const left = await Promise.all([...this.#seen].map(commandOf));
    return left.filter((command) => command !== undefined);
  }

  /** What lies in its temporary folder. */
  async leftFiles(): Promise<string[]> {
    return await readdir(this.#temp.path);
  }

  async stop(): Promise<void> {
    if (this.isRunning()) {
      this.interrupt();
      await this.ended(60_000);
    }
    await this.#temp.stop();
  }

  /** Notes the process ids of its whole family, while the links between them are there to follow. */
  async #lookAround(): Promise<void> {
    const parents = new Map<number, number>();
    for (const name of await readdir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    }
    const family = new Set([this.#child.pid ?? 0, ...this.#seen]);
    for (let grown = true; grown;) {
      const before = family.size;
      for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
      grown = family.size > before;
    }
    for (const pid of family) this.#seen.add(pid);
  }
}

/** Command line of a process, undefined when it has ended. */
async function commandOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) return undefined;
  return await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
}

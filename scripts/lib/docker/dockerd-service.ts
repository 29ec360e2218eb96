import { rm } from "node:fs/promises";
import { type Daemon } from "../spawn-daemon.ts";

/** Starts after a defect, all together: then it stays away, and who asks it is told so. */
const MAX_REVIVALS = 3;

/**
 * What a machine's service manager does for its engine: one that dies of a defect is started again on the same
 * data. One that is killed by a signal stays away: that is somebody's will.
 */
export class DockerdService {
  readonly #spawn: () => Promise<Daemon>;
  readonly #containerdPidFile: string;
  #daemon: Daemon | undefined;
  #isWanted = false;
  #revivals = 0;
  #reviving: Promise<void> = Promise.resolve();

  constructor(spawn: () => Promise<Daemon>, containerdPidFile: string) {
    this.#spawn = spawn;
    this.#containerdPidFile = containerdPidFile;
  }

  /** Of the process that ran last. */
  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  isRunning(): boolean {
    return this.#daemon?.isRunning() === true;
  }

  async start(): Promise<void> {
    const daemon = await this.#spawn();
    this.#daemon = daemon;
    this.#isWanted = true;
    void daemon.exited.then(({ code }) => {
      const isDefect = code !== null && code !== 0;
      if (!isDefect || !this.#isWanted || this.#revivals >= MAX_REVIVALS) return;
      this.#revivals += 1;
      this.#reviving = this.#revive(daemon).catch((error: unknown) => {
        process.stderr.write(`The engine does not start again: ${String(error)}\n`);
      });
    });
  }

  /** @param how `isKilled` ends it without a chance to do anything. */
  async stop({ isKilled = false } = {}): Promise<void> {
    await this.#reviving;
    this.#isWanted = false;
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    if (isKilled && daemon.isRunning()) process.kill(daemon.pid, "SIGKILL");
    await daemon.stop();
    if (isKilled) await this.#forgetContainerd();
  }

  async #revive(dead: Daemon): Promise<void> {
    // What it has started is still in its group.
    await dead.stop();
    await this.#forgetContainerd();
    await this.start();
  }

  /** It dies with its engine; where nobody reaps it, the next engine would wait for it in vain. */
  async #forgetContainerd(): Promise<void> {
    await rm(this.#containerdPidFile, { force: true });
  }
}

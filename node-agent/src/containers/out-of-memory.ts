import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { readable } from "./readable.ts";

/** What the kernel's killer, and anybody's SIGKILL, leaves as exit code: 128 + 9. */
const KILLED = 137;
/** The engine of a busy machine writes "oom" up to this time after the end, in seconds of its own clock. */
const LATE_SECONDS = 1;
const EARLY_SECONDS = 5;
/** Longest wait for the engine's answer, in milliseconds. */
const ANSWER_MS = 3_000;
/** Ends that are remembered; the oldest are asked about again. */
const MAX_KNOWN = 1_000;

/**
 * Tells whether memory ended a container. An engine hears of the end and of its cause on two ways: when the cause comes second,
 * `OOMKilled` stays false for good, and only its events tell. Of one that memory ends in the first moments of a start, before
 * the engine listens to its cgroup, nothing ever does: it has exited with 137.
 */
export class OutOfMemory {
  readonly #known = new Map<string, boolean>();

  /**
   * @param docker Engine that has the container.
   * @returns What its state says, else whether the engine's events name memory around its end; false when it does not say.
   */
  async ended(
    docker: Docker,
    { Id: id, State: state }: ContainerInspectInfo,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (state.OOMKilled || state.Running || state.ExitCode !== KILLED) return state.OOMKilled;
    const key = `${id} ${state.FinishedAt}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const said = await this.#ask(docker, { id, finishedAt: Date.parse(state.FinishedAt) / 1_000 }, signal);
    // No answer is no fact: it is asked again at the next look.
    if (said !== undefined) this.#remember(key, said);
    return said ?? false;
  }

  async #ask(
    docker: Docker,
    { id, finishedAt }: { readonly id: string; readonly finishedAt: number },
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      const filters: Docker.GetEventsOptions["filters"] = {
        type: ["container"],
        container: [id],
        event: ["oom"],
      };
      const window = { since: finishedAt - EARLY_SECONDS, until: finishedAt + LATE_SECONDS };
      const options = { ...window, filters, abortSignal: limit };
      for await (const chunk of readable(await docker.getEvents(options)))
        if ((chunk as Buffer).length > 0) return true;
      return false;
    } catch {
      return undefined;
    }
  }

  #remember(key: string, value: boolean): void {
    this.#known.set(key, value);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

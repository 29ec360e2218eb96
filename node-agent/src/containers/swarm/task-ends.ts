import { endTold, phaseOf, type SwarmTask } from "./swarm-facts.ts";

/**
 * When tasks have ended, as this agent saw it first. A task that the swarm gives up is told again by its machine, with
 * another time, and once more when the swarm forgets it: it is one end, and counts once.
 */
export class TaskEnds {
  #ends: ReadonlyMap<string, number> = new Map();

  /** @param tasks All that there are: others are forgotten. */
  of(tasks: readonly SwarmTask[]): ReadonlyMap<string, number> {
    const ended = tasks.filter((task) => ["lost", "ended"].includes(phaseOf(task)));
    this.#ends = new Map(ended.map((task) => [task.ID, this.#ends.get(task.ID) ?? endTold(task)]));
    return this.#ends;
  }
}

import type Docker from "dockerode";
import { type Leftover, removalOrder } from "../../domain/uninstall.ts";
import { type Leftovers } from "../../uninstall-ports.ts";
import { leftoverOf, leftoversOn } from "../docker-leftovers.ts";
import { isAway } from "./swarm-containers.ts";
import { type MachineEngines, SwarmClient } from "./swarm-client.ts";
import { VolumePins } from "./volume-pins.ts";

/** Time for one machine's engine to list what it has, in milliseconds. */
const LIST_MS = 5_000;

export interface SwarmLeftoversInit {
  /** A manager's engine. */
  readonly host: string;
  /** Operator of this node: whose things these are. */
  readonly node: string;
  readonly engines: MachineEngines;
}

/**
 * What one node has made in a swarm, told by its label: what the managers know, and what is on the machines whose engines
 * answer now. What is on others is told once they do: records of volumes, too, as nothing could be removed before.
 */
export class SwarmLeftovers implements Pick<Leftovers, "list"> {
  readonly #client: SwarmClient;
  readonly #pins: VolumePins;
  readonly #node: string;

  constructor({ host, node, engines }: SwarmLeftoversInit) {
    this.#client = new SwarmClient(host, node, engines);
    this.#pins = new VolumePins(this.#client, node, {});
    this.#node = node;
  }

  async list(signal: AbortSignal): Promise<readonly Leftover[]> {
    // First, as it finds a manager that answers.
    const machines = await this.#client.nodes(signal);
    const services = await this.#client.services(signal);
    const onMachines = await this.#onMachines(signal);
    const isSilent = async (machine: string): Promise<boolean> => {
      const known = machines.find(({ id }) => id === machine);
      if (known === undefined) return false;
      const engine = await this.#client.engineOf(known, signal);
      return engine === undefined || !onMachines.has(engine);
    };
    const pins: Leftover[] = [];
    for (const { id, name, labels, machine } of await this.#pins.all(signal))
      if (!(await isSilent(machine))) pins.push(leftoverOf("volume", { id, name }, labels).leftover);
    return removalOrder([
      ...services.map(({ ID: id, Spec }) => leftoverOf("container", { id, name: id }, Spec.Labels).leftover),
      ...pins,
      ...[...onMachines.values()].flat(),
    ]);
  }

  /** By the engines that answer. Networks are the managers' matter: other machines have what the swarm gives them. */
  async #onMachines(signal: AbortSignal): Promise<ReadonlyMap<Docker, readonly Leftover[]>> {
    const manager = this.#client.docker;
    const found = await Promise.all(
      this.#client.engines().map(async (docker) => {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
        try {
          const all = await leftoversOn({ docker, node: this.#node }, limit);
          return [[docker, all.filter(({ kind }) => docker === manager || kind !== "network")] as const];
        } catch (error) {
          if (docker === manager || !isAway(error)) throw error;
          return [];
        }
      }),
    );
    return new Map(found.flat());
  }
}

import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { z } from "zod";
import { type ContainerSpec } from "../../domain/workload.ts";
import { callEngine } from "../call-engine.ts";
import { LABEL, readLabels, volumeNameOf } from "../labels.ts";
import { isAway, leaseLabels } from "./swarm-containers.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { MACHINE, machineOf, phaseOf, type SwarmNode, type SwarmService } from "./swarm-facts.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;
const HASH_LENGTH = 18;
/** Time for one machine's engine to list its volumes, in milliseconds. */
const LOOK_MS = 3_000;

const configsSchema = z.array(
  z.object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    Spec: z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()) }),
  }),
);

/** A record of where a replica's volumes are. */
export interface VolumePin {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As the swarm has it now. */
  readonly version: number;
  /** Id of the machine. */
  readonly machine: string;
}

/**
 * Which machine has the persistent volumes of a replica, kept by the swarm itself as a config object. A volume is on one
 * machine: its replica waits for that machine rather than start elsewhere without its data.
 */
export class VolumePins {
  readonly #client: SwarmClient;
  readonly #node: string;
  readonly #labels: Readonly<Record<string, string>>;

  constructor(client: SwarmClient, node: string, labels: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#node = node;
    this.#labels = labels;
  }

  /**
   * The machine of a replica, chosen once; undefined for one without persistent volumes.
   *
   * @throws ProtocolError ENGINE_FAILED when no machine can have volumes that the node can remove again
   */
  async machineOf(spec: ContainerSpec, signal: AbortSignal): Promise<string | undefined> {
    if (!spec.volumes.some(({ persistent }) => persistent)) return undefined;
    const known = await this.#find(spec, signal);
    if (known !== undefined) return await this.#follow(known, namesOf(spec), signal);
    const { docker } = this.#client;
    const options = {
      Name: nameOf(spec),
      Labels: {
        ...this.#labels,
        [LABEL.lease]: spec.leaseHash,
        [LABEL.lid]: spec.lid.toString(),
        [MACHINE]: await this.#choose(signal),
      },
      Data: Buffer.from("fizz").toString("base64"),
    };
    await callEngine("Keeping a volume's machine", () => docker.createConfig(options) as Promise<unknown>, [
      CONFLICT,
    ]);
    // Whoever was first.
    return (await this.#find(spec, signal))?.machine;
  }

  /** The machine on which a service is to run now; undefined for any, and where no record binds it. */
  async machineOfService(
    service: SwarmService | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const labels = readLabels(service?.Spec.Labels);
    if (service === undefined || labels === undefined || machineOf(service.Spec) === undefined)
      return undefined;
    const place = {
      leaseHash: labels[LABEL.lease],
      service: labels[LABEL.service],
      replica: labels[LABEL.replica],
    };
    const pin = await this.#find(place, signal);
    if (pin === undefined) return undefined;
    const mounts = service.Spec.TaskTemplate.ContainerSpec?.Mounts ?? [];
    const names = mounts.flatMap(({ Type, Source }) => (Type === "volume" && Source !== "" ? [Source] : []));
    return await this.#follow(pin, names, signal);
  }

  /** @param isCleared Whether nothing of the lease is left on a machine; what is stays known. */
  async removeLease(
    leaseHash: string,
    isCleared: (machine: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    for (const { ID, Spec } of await this.#list(leaseHash, signal)) {
      if (!isCleared(Spec.Labels[MACHINE] ?? "")) continue;
      const config = this.#client.docker.getConfig(ID);
      await callEngine("Forgetting a volume's machine", () => config.remove() as Promise<unknown>, [
        NOT_FOUND,
      ]);
    }
  }

  /** Of all leases of the node. */
  async all(signal: AbortSignal): Promise<readonly VolumePin[]> {
    const configs = await this.#list(undefined, signal);
    return configs.map(pinOf);
  }

  async #find(place: ReplicaPlace, signal: AbortSignal): Promise<VolumePin | undefined> {
    const configs = await this.#list(place.leaseHash, signal);
    const found = configs.find(({ Spec }) => Spec.Name === nameOf(place));
    return found === undefined ? undefined : pinOf(found);
  }

  /**
   * A machine that has left the swarm and joined it again has another id, and its volumes: it is found by them. Where not
   * one machine alone has all of them, the replica waits.
   */
  async #follow(pin: VolumePin, names: readonly string[], signal: AbortSignal): Promise<string> {
    const nodes = await this.#client.nodes(signal);
    if (names.length === 0 || nodes.some(({ id }) => id === pin.machine)) return pin.machine;
    const having: string[] = [];
    for (const node of nodes) {
      const engine = await this.#client.engineOf(node, signal);
      if (engine !== undefined && (await this.#hasAll(engine, names, signal))) having.push(node.id);
    }
    const [machine] = having;
    if (machine === undefined || having.length > 1) return pin.machine;
    const { id, name, labels, version } = pin;
    const config = this.#client.docker.getConfig(id);
    const change = { version, Name: name, Labels: { ...labels, [MACHINE]: machine }, abortSignal: signal };
    await callEngine("Keeping a volume's machine", () => config.update(change) as Promise<unknown>);
    return machine;
  }

  /** False also while the machine's engine is away. */
  async #hasAll(docker: Docker, names: readonly string[], signal: AbortSignal): Promise<boolean> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
    const options = { filters: { label: [`${LABEL.node}=${this.#node}`] }, abortSignal: limit };
    try {
      const { Volumes: all } = await callEngine("Listing volumes", () => docker.listVolumes(options));
      // The engine writes null for none.
      const known = ((all as typeof all | null) ?? []).map(({ Name: name }) => name);
      return names.every((name) => known.includes(name));
    } catch (error) {
      if (isAway(error)) return false;
      throw error;
    }
  }

  async #list(leaseHash: string | undefined, signal: AbortSignal): Promise<z.output<typeof configsSchema>> {
    const label =
      leaseHash === undefined ? [`${LABEL.node}=${this.#node}`] : leaseLabels(this.#node, leaseHash);
    const filters = JSON.stringify({ label });
    const { docker } = this.#client;
    return configsSchema.parse(
      await callEngine("Listing volumes' machines", () =>
        docker.listConfigs({ filters, abortSignal: signal }),
      ),
    );
  }

  /** Among machines whose engines are reached, the one with the fewest tasks. */
  async #choose(signal: AbortSignal): Promise<string> {
    const tasks = (await this.#client.tasks(signal)).filter((task) => phaseOf(task) !== "ended");
    const countOn = ({ id }: SwarmNode): number => tasks.filter(({ NodeID }) => NodeID === id).length;
    const reached: SwarmNode[] = [];
    for (const node of await this.#client.nodes(signal))
      if (node.takesTasks && (await this.#client.engineOf(node, signal)) !== undefined) reached.push(node);
    const [first] = reached.toSorted((left, right) => countOn(left) - countOn(right));
    if (first !== undefined) return first.id;
    const message =
      "No machine of the swarm whose engine the node reaches takes containers with persistent volumes.";
    throw new ProtocolError("ENGINE_FAILED", message);
  }
}

type ReplicaPlace = Pick<ContainerSpec, "leaseHash" | "service" | "replica">;

/** Names of its persistent volumes. */
function namesOf(spec: ContainerSpec): string[] {
  return spec.volumes.flatMap((volume) => (volume.persistent ? [volumeNameOf(spec, "", volume)] : []));
}

function pinOf({ ID: id, Version, Spec }: z.output<typeof configsSchema>[number]): VolumePin {
  const { Name: name, Labels: labels } = Spec;
  return { id, name, labels, version: Version.Index, machine: labels[MACHINE] ?? "" };
}

function nameOf({ leaseHash, service, replica }: ReplicaPlace): string {
  // Names have at most 64 characters.
  return `fizz-${leaseHash.slice(2, HASH_LENGTH)}-${replica}-${service}`.slice(0, 64);
}

import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { type ContainerSpec } from "../../domain/workload.ts";
import { callEngine } from "../call-engine.ts";
import { LABEL } from "../labels.ts";
import { leaseLabels } from "./swarm-containers.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { MACHINE, phaseOf, type SwarmNode } from "./swarm-facts.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;
const HASH_LENGTH = 18;

const configsSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()) }),
  }),
);

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
    if (known !== undefined) return known;
    const { docker } = this.#client;
    const options = {
      Name: nameOf(spec),
      Labels: { ...this.#labels, [LABEL.lease]: spec.leaseHash, [MACHINE]: await this.#choose(signal) },
      Data: Buffer.from("fizz").toString("base64"),
    };
    await callEngine("Keeping a volume's machine", () => docker.createConfig(options) as Promise<unknown>, [
      CONFLICT,
    ]);
    // Whoever was first.
    return await this.#find(spec, signal);
  }

  async removeLease(leaseHash: string, signal: AbortSignal): Promise<void> {
    for (const { ID } of await this.#list(leaseHash, signal)) {
      const config = this.#client.docker.getConfig(ID);
      await callEngine("Forgetting a volume's machine", () => config.remove() as Promise<unknown>, [
        NOT_FOUND,
      ]);
    }
  }

  async #find(spec: ContainerSpec, signal: AbortSignal): Promise<string | undefined> {
    const configs = await this.#list(spec.leaseHash, signal);
    return configs.find(({ Spec }) => Spec.Name === nameOf(spec))?.Spec.Labels[MACHINE];
  }

  async #list(leaseHash: string, signal: AbortSignal): Promise<z.output<typeof configsSchema>> {
    const filters = JSON.stringify({ label: leaseLabels(this.#node, leaseHash) });
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

function nameOf({ leaseHash, service, replica }: ContainerSpec): string {
  // Names have at most 64 characters.
  return `fizz-${leaseHash.slice(2, HASH_LENGTH)}-${replica}-${service}`.slice(0, 64);
}

import { stateOfMachine, type SwarmMachine } from "../../domain/swarm-machines.ts";
import { type MachineReader } from "../../machine-ports.ts";
import { type MachineEngines, SwarmClient } from "./swarm-client.ts";

/** The machines of a swarm, as its managers have them. */
export class SwarmMachines implements MachineReader {
  readonly #client: SwarmClient;

  constructor(host: string, engines: MachineEngines) {
    this.#client = new SwarmClient(host, "", engines);
  }

  async read(signal: AbortSignal): Promise<readonly SwarmMachine[]> {
    const nodes = await this.#client.nodes(signal);
    return nodes.map((node) => {
      const { id, hostname, address } = node;
      return { id, hostname, address, state: stateOfMachine(node) };
    });
  }
}

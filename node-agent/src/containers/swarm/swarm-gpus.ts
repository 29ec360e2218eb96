import { ProtocolError } from "@fizz/protocol/errors";
import { type GpuCard } from "../../domain/gpu-card.ts";
import { cardsOfSwarm, givesCards } from "../../domain/swarm-cards.ts";
import { type GpuReader } from "../../gpu-ports.ts";
import { type MachineEngines, SwarmClient } from "./swarm-client.ts";
import { type SwarmNode } from "./swarm-facts.ts";

/** Cards of a swarm's machines, as these announce them: what is wrong with one, its machine's owner tells by `prepare-host`. */
export class SwarmGpus implements GpuReader {
  readonly #client: SwarmClient;

  constructor(host: string, engines: MachineEngines) {
    this.#client = new SwarmClient(host, "", engines);
  }

  /**
   * Of machines that are prepared and answer, and run what they have.
   *
   * @throws ProtocolError as Engine; REQUIREMENT_MISSING as `requireCards`
   */
  async read(signal: AbortSignal): Promise<readonly GpuCard[]> {
    const nodes = await this.#client.nodes(signal);
    requireCards(nodes);
    const serving = nodes.filter(({ isReady, isPrepared, isDrained }) => isReady && isPrepared && !isDrained);
    return cardsOfSwarm(serving.flatMap(({ cards }) => cards));
  }
}

/** @throws ProtocolError REQUIREMENT_MISSING when a manager's engine is too old: any of them may come to lead */
export function requireCards(nodes: readonly SwarmNode[]): void {
  const old = nodes.find(({ isManager, engineVersion }) => isManager && !givesCards(engineVersion));
  if (old === undefined) return;
  const message = `GPUs of a swarm need Docker Engine 23.0.2 on its managers: ${old.hostname} has ${old.engineVersion}.`;
  throw new ProtocolError("REQUIREMENT_MISSING", message);
}

import { type SwarmMachine } from "./domain/swarm-machines.ts";

/** Tells the machines of a swarm. */
export interface MachineReader {
  /** @throws ProtocolError as Engine */
  read(signal: AbortSignal): Promise<readonly SwarmMachine[]>;
}

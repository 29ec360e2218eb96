import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { PulseDesk } from "../../../node-agent/src/leases/pulse-desk.ts";
import { type PulseEvidence, type PulseStore } from "../../../node-agent/src/ports.ts";
import { systemClock } from "../../../node-agent/src/system-clock.ts";
import { type Address, type Hex, zeroAddress } from "viem";

/** Pulses in memory. */
export class MemoryPulses implements PulseStore {
  readonly kept: PulseEvidence[] = [];

  append(evidence: PulseEvidence): void {
    this.kept.push(evidence);
  }
}

export interface PulsingInit {
  readonly key: Hex;
  readonly nodeId: bigint;
  readonly slasher: Address;
}

/** The agent's own pulses, for a node that serves nothing. Nothing is kept when no store is given. */
export function idlePulsing(
  { key, nodeId, slasher }: PulsingInit,
  store: PulseStore = { append: () => undefined },
): PulseDesk {
  const signer = new OperatorSigner(key, { chainId: 31_337, market: zeroAddress });
  const chain = { chainId: 31_337, slasher: () => Promise.resolve(slasher) };
  return new PulseDesk({ chain, signer, store, clock: systemClock, served: () => [] }, { nodeId });
}

import { type CountersignedPulse, type PulseBook } from "../pulse-ports.ts";

/** The newest pulse of each node, in memory, oldest first. */
export class MemoryPulseBook implements PulseBook {
  readonly #pulses = new Map<bigint, CountersignedPulse>();
  readonly #maxNodes: number;

  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  newest(nodeId: bigint): CountersignedPulse | undefined {
    return this.#pulses.get(nodeId);
  }

  keep(pulse: CountersignedPulse, forgetBefore: number): boolean {
    const { nodeId } = pulse.pulse;
    if (!this.#pulses.has(nodeId) && !this.#makeRoom(forgetBefore)) return false;
    this.#pulses.delete(nodeId);
    this.#pulses.set(nodeId, pulse);
    return true;
  }

  #makeRoom(forgetBefore: number): boolean {
    if (this.#pulses.size < this.#maxNodes) return true;
    for (const [nodeId, { pulse }] of this.#pulses) {
      if (pulse.at >= forgetBefore) return false;
      this.#pulses.delete(nodeId);
      return true;
    }
    return false;
  }
}

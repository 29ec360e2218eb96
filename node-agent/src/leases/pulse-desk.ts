import { ProtocolError } from "@fizz/protocol/errors";
import { recoverDigestKey } from "@fizz/protocol/node";
import { fizzDomain, leaseTree, type Pulse, pulseHasher } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import {
  type Chain,
  type Clock,
  type OwnPulse,
  type PulseStore,
  type Pulsing,
  type Signer,
} from "../ports.ts";

const MS_PER_SECOND = 1_000;

export interface PulseDeskComponents {
  readonly chain: Pick<Chain, "chainId" | "slasher">;
  readonly signer: Pick<Signer, "signDigest">;
  readonly store: PulseStore;
  readonly clock: Clock;
  /** Leases that run here now. */
  readonly served: () => readonly Hex[];
}

/** Signs that the node is there and what it serves, and keeps what its gateway has signed too. */
export class PulseDesk implements Pulsing {
  readonly #components: PulseDeskComponents;
  readonly #nodeId: bigint;
  #digestOf: ((pulse: Pulse) => Uint8Array) | undefined;

  constructor(components: PulseDeskComponents, init: { readonly nodeId: bigint }) {
    this.#components = components;
    this.#nodeId = init.nodeId;
  }

  async sign(subnetId: number): Promise<OwnPulse | undefined> {
    const { clock, served, signer } = this.#components;
    const digestOf = (this.#digestOf ??= await this.#hasher());
    if (digestOf === undefined) return undefined;
    const leaseHashes = [...served()];
    const pulse: Pulse = {
      nodeId: this.#nodeId,
      subnetId,
      at: Math.floor(clock.now() / MS_PER_SECOND),
      leases: leaseHashes.length,
      leaseRoot: leaseTree(leaseHashes).root,
    };
    const digest = digestOf(pulse);
    return { pulse, digest, signature: signer.signDigest(digest), leaseHashes };
  }

  keep(
    { pulse, digest, signature: nodeSignature, leaseHashes }: OwnPulse,
    { signature: gatewaySignature, gatewayKey }: { readonly signature: Hex; readonly gatewayKey: Hex },
  ): void {
    if (recoverDigestKey(digest, gatewaySignature) !== gatewayKey)
      throw new ProtocolError("PULSE_INVALID", "The gateway did not sign the pulse that it was sent.");
    this.#components.store.append({ pulse, nodeSignature, gatewaySignature, leaseHashes });
  }

  async #hasher(): Promise<((pulse: Pulse) => Uint8Array) | undefined> {
    const { chain } = this.#components;
    const slasher = await chain.slasher();
    return slasher === undefined ? undefined : pulseHasher(fizzDomain(chain.chainId, slasher));
  }
}

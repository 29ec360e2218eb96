import { ProtocolError } from "@fizz/protocol/errors";
import { recoverDigestKey, signDigest } from "@fizz/protocol/node";
import { fizzDomain, type Pulse, pulseHasher, type SignedPulse } from "@fizz/protocol/typed-data";
import { type Hex, zeroAddress } from "viem";
import { MAX_PULSE_AGE_SECONDS, refusalOfPulse } from "../domain/pulse-rules.ts";
import { type Clock, type GatewayIdentity, type Meter } from "../ports.ts";
import { type PulseBook, type PulseSender, type PulseSigner } from "../pulse-ports.ts";

const MS_PER_SECOND = 1_000;

export interface PulseDeskComponents {
  readonly book: PulseBook;
  readonly clock: Clock;
  readonly meter: Pick<Meter, "pulsed">;
}

/** Checks what nodes sign every minute, and signs it too. */
export class PulseDesk implements PulseSigner {
  readonly #components: PulseDeskComponents;
  readonly #key: Hex;
  readonly #since: number;
  #hasher: { readonly of: string; readonly digestOf: (pulse: Pulse) => Uint8Array } | undefined;

  /** @param init.key The gateway's. */
  constructor(components: PulseDeskComponents, init: { readonly key: Hex }) {
    this.#components = components;
    this.#key = init.key;
    this.#since = Math.ceil(components.clock() / MS_PER_SECOND);
  }

  countersign(sender: PulseSender, signed: SignedPulse): Hex {
    const { meter } = this.#components;
    try {
      const signature = this.#countersign(sender, signed);
      meter.pulsed("signed");
      return signature;
    } catch (error) {
      if (error instanceof ProtocolError) meter.pulsed(error.code);
      throw error;
    }
  }

  #countersign({ nodeId, publicKey, gateway }: PulseSender, signed: SignedPulse): Hex {
    const { book, clock } = this.#components;
    const { pulse, signature } = signed;
    const now = Math.floor(clock() / MS_PER_SECOND);
    const newestAt = book.newest(nodeId)?.pulse.at;
    const { subnetId } = gateway;
    const refusal = refusalOfPulse(pulse, { nodeId, subnetId, now, since: this.#since, newestAt });
    if (refusal !== undefined) throw new ProtocolError(refusal.code, refusal.message);
    const digest = this.#digestOf(gateway, pulse);
    if (recoverDigestKey(digest, signature) !== publicKey)
      throw new ProtocolError("PULSE_INVALID", `It is not signed by the operator of node ${nodeId}.`);
    const gatewaySignature = signDigest(digest, this.#key);
    if (!book.keep({ pulse, signature, gatewaySignature }, now - MAX_PULSE_AGE_SECONDS))
      throw new ProtocolError("LIMIT_REACHED", "The gateway keeps as many pulses as it can. Try again.");
    return gatewaySignature;
  }

  #digestOf({ chainId, slasher }: GatewayIdentity, pulse: Pulse): Uint8Array {
    if (slasher === zeroAddress)
      throw new ProtocolError("PULSE_INVALID", "On this chain there is no contract that reads pulses.");
    const of = `${chainId} ${slasher}`;
    if (this.#hasher?.of !== of) this.#hasher = { of, digestOf: pulseHasher(fizzDomain(chainId, slasher)) };
    return this.#hasher.digestOf(pulse);
  }
}

import { type SignedPulse } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type GatewayIdentity } from "./ports.ts";

/** Who sends a pulse, as its hello proved it, and for whom. */
export interface PulseSender {
  readonly nodeId: bigint;
  /** Of the node's operator, compressed. */
  readonly publicKey: Hex;
  readonly gateway: GatewayIdentity;
}

/** Signs what nodes say of themselves. */
export interface PulseSigner {
  /**
   * @returns The gateway's signature.
   * @throws ProtocolError PULSE_INVALID, PULSE_OUT_OF_TIME, PULSE_REPEATED, RATE_LIMITED, LIMIT_REACHED
   */
  countersign(sender: PulseSender, signed: SignedPulse): Hex;
}

/** A pulse that both have signed. */
export interface CountersignedPulse extends SignedPulse {
  readonly gatewaySignature: Hex;
}

/** The newest pulse of each node: what the gateway must not contradict, and its side of the evidence. */
export interface PulseBook {
  newest(nodeId: bigint): CountersignedPulse | undefined;
  /** Replaces the node's last one. @param forgetBefore Unix seconds: older ones make room. @returns Whether there was room. */
  keep(pulse: CountersignedPulse, forgetBefore: number): boolean;
}

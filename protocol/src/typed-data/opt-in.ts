import { type TypedDataDefinition } from "viem";
import { type FizzDomain } from "./domain.ts";
import { subnetOptInTypes } from "./types.ts";

/** A node's word that it joins a subnet, for somebody else to bring; field by field as in INodeRegistry.SubnetOptIn. */
export interface SubnetOptIn {
  readonly nodeId: bigint;
  readonly subnetId: number;
  /** Largest cut that the node accepts, in 1/10000. */
  readonly acceptedCutBps: number;
  /** Last Unix second at which it is good. */
  readonly expiresAt: number;
  /** Any number that the node did not use yet. */
  readonly nonce: bigint;
}

/** Signed by the node's owner or operator; INodeRegistry.joinSubnetWithSignature checks it. Domain contract: NodeRegistry. */
export function optInTypedData(
  domain: FizzDomain,
  optIn: SubnetOptIn,
): TypedDataDefinition<typeof subnetOptInTypes, "SubnetOptIn"> {
  return { domain, types: subnetOptInTypes, primaryType: "SubnetOptIn" as const, message: optIn };
}

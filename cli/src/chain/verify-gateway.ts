import { subnetRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { type ContractAddresses, type GatewayNetwork } from "@fizz/protocol/messages";
import { isAddressEqual } from "viem";
import { type Chain } from "./chain.ts";

/**
 * Holds what a gateway says of itself against the chain: same chain, same contracts, and a peer key that the chain
 * names as the operator of its subnet.
 *
 * @throws ProtocolError CHAIN_MISMATCH, IDENTITY_UNKNOWN, CHAIN_UNREACHABLE
 */
export async function verifyGateway(chain: Chain, network: GatewayNetwork): Promise<void> {
  if (network.chainId !== chain.id) {
    const message = `The gateway works on chain ${network.chainId}, the settings name chain ${chain.id}.`;
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
  for (const name of Object.keys(chain.contracts) as (keyof ContractAddresses)[]) {
    if (isAddressEqual(network.contracts[name], chain.contracts[name])) continue;
    const message = `The gateway's ${name} is ${network.contracts[name]}, the settings name ${chain.contracts[name]}.`;
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
  const subnet = await chain.ask(
    chain.client.readContract({
      address: chain.contracts.subnetRegistry,
      abi: subnetRegistryAbi,
      functionName: "subnetOf",
      args: [network.subnetId],
    }),
  );
  const peer = addressOfPeerId(network.peerId);
  if (isAddressEqual(subnet.operator, peer)) return;
  const message =
    `The gateway's key is ${peer}; the chain names ${subnet.operator} for subnet ${network.subnetId}. ` +
    "Do not use this gateway.";
  throw new ProtocolError("IDENTITY_UNKNOWN", message);
}

import { nodeRegistryAbi, subnetRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type GatewayApi, gatewayApi } from "@fizz/protocol/gateway-api";
import { addressOfPeerId } from "@fizz/protocol/identity";
import type { Config } from "wagmi";
import { readContract } from "wagmi/actions";
import type { NetworkConfig } from "../../network/network-config.ts";

export interface NodeToReach {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly nodeId: bigint;
  /** From the signed quote, where this browser has it. */
  readonly peerId: string | undefined;
}

const WEBSOCKET = /\/(?:ws|wss)(?:\/|$)/;

/**
 * Address of a node through its gateway. Both peer ids must be those that the chain names, whatever the gateway says;
 * the Noise handshake then proves them.
 *
 * @throws ProtocolError IDENTITY_UNKNOWN, NODE_OFFLINE, GATEWAY_UNREACHABLE
 */
export async function findNodeAddress(target: NodeToReach): Promise<string> {
  const { network } = target;
  const api = gatewayApi({ baseUrl: network.gatewayUrl, fetch: globalThis.fetch.bind(globalThis) });
  const gateway = await api.network(undefined, target.nodeId);
  const [subnet, nodeOperator] = await Promise.all([readSubnet(target), readOperator(target)]);
  if (addressOfPeerId(gateway.peerId) !== subnet.operator)
    throw new ProtocolError(
      "IDENTITY_UNKNOWN",
      "The gateway's key is not the one that the chain names for this subnet.",
    );
  const door = gateway.multiaddrs.find((address) => WEBSOCKET.test(address));
  if (door === undefined)
    throw new ProtocolError(
      "GATEWAY_UNREACHABLE",
      "The gateway offers no WebSocket address, which browsers need.",
    );
  const peerId = target.peerId ?? (await findPeerId(api, target.nodeId));
  if (addressOfPeerId(peerId) !== nodeOperator)
    throw new ProtocolError("IDENTITY_UNKNOWN", "The node's key is not the one that the chain names for it.");
  const withPeer = door.includes("/p2p/") ? door : `${door}/p2p/${gateway.peerId}`;
  return `${withPeer}/p2p-circuit/p2p/${peerId}`;
}

async function findPeerId(api: GatewayApi, nodeId: bigint): Promise<string> {
  try {
    return (await api.node(nodeId)).peerId;
  } catch (cause) {
    if (!(cause instanceof ProtocolError) || cause.code !== "NODE_UNKNOWN") throw cause;
    throw new ProtocolError("NODE_OFFLINE", `Node ${nodeId} is not connected to the gateway now.`, { cause });
  }
}

async function readSubnet({ config, network }: NodeToReach) {
  return await readContract(config, {
    address: network.contracts.subnetRegistry,
    abi: subnetRegistryAbi,
    functionName: "subnetOf",
    args: [network.subnetId],
  });
}

async function readOperator({ config, network, nodeId }: NodeToReach) {
  return await readContract(config, {
    address: network.contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "operatorOf",
    args: [nodeId],
  });
}

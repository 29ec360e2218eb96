import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import type { Revoked } from "@fizz/protocol/messages";
import {
  ALL_SESSION_KEYS,
  fizzDomain,
  recoverRevocationReceiptSigner,
  revocationDigest,
  revocationTypedData,
  revokedUntilNow,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import type { Config } from "wagmi";
import { readContract, signTypedData } from "wagmi/actions";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { LeaseView } from "../lease/read-lease.ts";
import { carryToNode } from "./carry-to-node.ts";
import { sleep } from "./sleep.ts";

const MS_PER_SECOND = 1_000;

export interface Revocation {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly lease: LeaseView;
  /** Of the node, from its quote, where this browser has it. */
  readonly peerId: string | undefined;
}

/** Ways that failed, after which the other one is tried: the node has not refused. */
const NOT_DELIVERED = new Set([
  "GATEWAY_UNREACHABLE",
  "NODE_OFFLINE",
  "NODE_UNREACHABLE",
  "STREAM_CLOSED",
  "TIMEOUT",
]);

/**
 * Takes back all grants of a lease that were signed until now, wherever they are kept; the wallet signs, and the node
 * signs that it knows: a gateway that drops it cannot hide that.
 *
 * @returns Sessions that the node ended.
 * @throws ProtocolError NODE_OFFLINE, IDENTITY_UNKNOWN when the answer is not the node's, and what the node answers
 */
export async function revokeSessions(request: Revocation, signal: AbortSignal): Promise<number> {
  const { config, network, lease } = request;
  const { leaseHash, nodeId, tenant } = lease;
  const domain = fizzDomain(network.chainId, network.contracts.leaseMarket);
  const now = Math.floor(Date.now() / MS_PER_SECOND);
  const upTo = revokedUntilNow(now);
  const revocation = { tenant, nodeId, leaseHash, sessionKey: ALL_SESSION_KEYS, upTo };
  const signature = await signTypedData(config, {
    account: tenant,
    ...revocationTypedData(domain, revocation),
  });
  const { receipt, ended } = await deliver(request, { revocation, signature }, signal);
  const operator = await readContract(config, {
    address: network.contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "operatorOf",
    args: [nodeId],
  });
  const signer = await recoverRevocationReceiptSigner(domain, receipt).catch(() => undefined);
  if (signer === operator && receipt.receipt.revocation === revocationDigest(domain, revocation)) {
    // A grant of the same second would be revoked with the others.
    await sleep((now + 1) * MS_PER_SECOND - Date.now(), signal);
    return ended;
  }
  const message = `The answer is not signed by node ${nodeId}: nothing is known to be revoked.`;
  throw new ProtocolError("IDENTITY_UNKNOWN", message);
}

/** End to end where that works, else by the gateway's API. */
async function deliver(
  { config, network, lease, peerId }: Revocation,
  signed: SignedRevocation,
  signal: AbortSignal,
): Promise<Revoked> {
  const { nodeId, lid } = lease;
  try {
    return await carryToNode({ config, network, nodeId, peerId }, (session) =>
      session.revoke(signed, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProtocolError) || !NOT_DELIVERED.has(error.code)) throw error;
  }
  const api = gatewayApi({ baseUrl: network.gatewayUrl, fetch: globalThis.fetch.bind(globalThis) });
  return await api.revoke(lid, signed, signal);
}

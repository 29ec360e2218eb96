import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { bytes32Schema, fromWire, type ManifestDelivery, toWire } from "@fizz/protocol/messages";
import { openPartSchema, sealedPartSchema } from "@fizz/protocol/manifest";
import { composeLease, type Order } from "@fizz/protocol/orders";
import {
  fizzDomain,
  recoverReceiptSigner,
  type SignedReceipt,
  signedQuoteSchema,
} from "@fizz/protocol/typed-data";
import type { Config } from "wagmi";
import { readContract } from "wagmi/actions";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { LeaseRecord } from "../lease/lease-record.ts";
import type { LeaseStore } from "../lease/lease-store.ts";

export interface Delivery {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly store: LeaseStore;
  readonly record: LeaseRecord;
  readonly lid: bigint;
}

/**
 * Hands the sealed manifest of a lease to its gateway. A gateway that does not pass it on is passed by: the node is asked
 * itself, end to end through the relay. Doing it again is harmless.
 *
 * @returns Whether the node has it: false while the gateway keeps it for a node that does not answer.
 * @throws ProtocolError what the gateway answered; QUOTE_INVALID when the receipt is not the node's
 */
export async function deliverManifest(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
  const { network, store, record, lid } = delivery;
  const signed = fromWire(signedQuoteSchema, record.signedQuote);
  const lease = composeLease({
    order: readOrder(record.order),
    signed,
    tenant: record.tenant,
    chainId: network.chainId,
    market: network.contracts.leaseMarket,
    prepaidSeconds: record.prepaidSeconds,
    salt: record.salt,
  });
  const message = await lease.delivery(lid);
  const receipt = (await byGateway(delivery, message, signal)) ?? (await byNode(delivery, message, signal));
  if (receipt === undefined) return false;
  await checkReceipt(delivery, receipt);
  store.patch(record.leaseHash, { deliveredAt: Date.now(), receipt: JSON.parse(toWire(receipt)) as unknown });
  return true;
}

/** Undefined from a gateway that is away, has not seen the lease, or keeps the manifest. */
async function byGateway(
  { network }: Delivery,
  message: ManifestDelivery,
  signal: AbortSignal,
): Promise<SignedReceipt | undefined> {
  const api = gatewayApi({ baseUrl: network.gatewayUrl, fetch: globalThis.fetch.bind(globalThis) });
  try {
    return await api.deliverManifest(message, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isTemporary(error)) return undefined;
    throw error;
  }
}

/** Undefined from a node that is away, or has not seen the lease. */
async function byNode(
  { config, network, record }: Delivery,
  message: ManifestDelivery,
  signal: AbortSignal,
): Promise<SignedReceipt | undefined> {
  const { carryToNode } = await import("./carry-to-node.ts");
  const target = { config, network, nodeId: BigInt(record.nodeId), peerId: record.nodePeerId };
  try {
    return await carryToNode(target, (session) => session.deliver(message, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (isTemporary(error)) return undefined;
    throw error;
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof ProtocolError && (error.retryable || error.code === "LEASE_NOT_FOUND");
}

/** A receipt is money when the start fails, so it must be the node's and about this lease. */
async function checkReceipt(
  { config, network, record, lid }: Delivery,
  signed: SignedReceipt,
): Promise<void> {
  const { chainId, contracts } = network;
  const operator = await readContract(config, {
    address: contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "operatorOf",
    args: [BigInt(record.nodeId)],
  });
  const signer = await recoverReceiptSigner(fizzDomain(chainId, contracts.leaseMarket), signed);
  const { receipt } = signed;
  if (signer === operator && receipt.lid === lid && receipt.leaseHash === record.leaseHash) return;
  throw new ProtocolError(
    "QUOTE_INVALID",
    "The gateway answered with a receipt that the node did not sign for this lease.",
  );
}

/** @throws ProtocolError INPUT_INVALID when what was stored is not an order. */
function readOrder(value: unknown): Order {
  const stored = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const hash = (name: string): Order["openSalt"] => fromWire(bytes32Schema, stored[name]);
  return {
    openPart: fromWire(openPartSchema, stored["openPart"]),
    openSalt: hash("openSalt"),
    openPartHash: hash("openPartHash"),
    sealedPart: fromWire(sealedPartSchema, stored["sealedPart"]),
    sealedSalt: hash("sealedSalt"),
    sealedPartHash: hash("sealedPartHash"),
    manifestHash: hash("manifestHash"),
  };
}

import { type Address, type Hex } from "viem";
import { z } from "zod";
import { errorFromWire, ProtocolError } from "../errors/index.ts";
import {
  CONTROL_TIMEOUT_MS,
  deliveredSchema,
  type EarningsPage,
  earningsPageSchema,
  type EarningsQueryText,
  fromWire,
  type GatewayNetwork,
  gatewayNetworkSchema,
  httpErrorSchema,
  keptDeliverySchema,
  type LeaseHistory,
  type LeaseHistoryQueryText,
  leaseHistorySchema,
  type LeasesPage,
  leasesPageSchema,
  type LeasesQueryText,
  type ManifestDelivery,
  type NodeEntry,
  nodeResponseSchema,
  type NodesPage,
  nodesPageSchema,
  type NodesQueryText,
  type QuotesRequest,
  type QuotesResponse,
  quotesResponseSchema,
  type RelayedRequest,
  relayedRequestSchema,
  type Revoked,
  revokedSchema,
  type SignerQueue,
  signerQueueSchema,
  toWire,
} from "../messages/index.ts";
import { type SignedForwardRequest, type SignedReceipt, type SignedRevocation } from "../typed-data/index.ts";

/** Largest answer that is read, in UTF-16 units. */
const MAX_RESPONSE_LENGTH = 4_000_000;
const MS_PER_SECOND = 1_000;

export interface GatewayApiOptions {
  /** Base URL, with or without a slash at the end. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** Time for one call, in milliseconds. */
  readonly timeoutMs?: number;
}

/** The gateway's HTTP API. Every call throws ProtocolError: what the gateway answered, or GATEWAY_UNREACHABLE. */
export interface GatewayApi {
  /** @param nodeId A node to be reached through the gateway: the addresses are the right ones for that. */
  network(signal?: AbortSignal, nodeId?: bigint): Promise<GatewayNetwork>;
  /** One page of the directory; all of it with the cursor of each page for the next. */
  nodes(query?: NodesQueryText, signal?: AbortSignal): Promise<NodesPage>;
  /** NODE_UNKNOWN for one that has not been seen there. */
  node(nodeId: bigint, signal?: AbortSignal): Promise<NodeEntry>;
  quotes(request: QuotesRequest, signal?: AbortSignal): Promise<QuotesResponse>;
  /** The node's receipt, or undefined when the gateway keeps the delivery for a node that is away. */
  deliverManifest(delivery: ManifestDelivery, signal?: AbortSignal): Promise<SignedReceipt | undefined>;
  /** Carries a revocation to the lease's node. Its receipt is not checked yet. */
  revoke(lid: bigint, signed: SignedRevocation, signal?: AbortSignal): Promise<Revoked>;
  /** Hands a signed call over to be paid by the gateway. Again: tells its state. */
  relay(signed: SignedForwardRequest, signal?: AbortSignal): Promise<RelayedRequest>;
  /** @param id EIP-712 digest of the request. */
  relayedRequest(id: Hex, signal?: AbortSignal): Promise<RelayedRequest>;
  /** The requests of one signer that wait, and the nonce of its next one. */
  signerQueue(signer: Address, signal?: AbortSignal): Promise<SignerQueue>;
  /** One page of the leases that the gateway's history has, newest first. HISTORY_NOT_READY before it has begun. */
  leases(query: LeasesQueryText, signal?: AbortSignal): Promise<LeasesPage>;
  /** One page of what happened to a lease on the chain, oldest first. LEASE_NOT_FOUND, HISTORY_MOVED for a cursor. */
  leaseHistory(lid: bigint, query: LeaseHistoryQueryText, signal?: AbortSignal): Promise<LeaseHistory>;
  /** One page of what a node or a subnet earned by day, newest first. HISTORY_NOT_READY, and GATEWAY_UNREACHABLE where none is kept. */
  earnings(query: EarningsQueryText, signal?: AbortSignal): Promise<EarningsPage>;
}

const deliverySchema = z.union([deliveredSchema, keptDeliverySchema]);

export function gatewayApi(options: GatewayApiOptions): GatewayApi {
  const call = caller(options);
  return {
    network: (signal, nodeId) => {
      const path = nodeId === undefined ? "/v1/network" : `/v1/network?nodeId=${nodeId}`;
      return call({ path, schema: gatewayNetworkSchema, signal });
    },
    nodes: (query = {}, signal) => {
      return call({ path: `/v1/nodes?${wordsOf(query)}`, schema: nodesPageSchema, signal });
    },
    node: async (nodeId, signal) => {
      const { node } = await call({ path: `/v1/nodes/${nodeId}`, schema: nodeResponseSchema, signal });
      return node;
    },
    quotes: (request, signal) =>
      call({
        ...{ path: "/v1/quotes", schema: quotesResponseSchema, body: request, signal },
        waitMs: (request.waitSeconds ?? 0) * MS_PER_SECOND,
      }),
    deliverManifest: async (delivery, signal) => {
      const path = `/v1/leases/${delivery.lid}/manifest`;
      const answer = await call({ path, schema: deliverySchema, body: delivery, signal });
      return "receipt" in answer ? answer.receipt : undefined;
    },
    revoke: (lid, signed, signal) =>
      call({ path: `/v1/leases/${lid}/revocations`, schema: revokedSchema, body: signed, signal }),
    relay: (signed, signal) =>
      call({ path: "/v1/requests", schema: relayedRequestSchema, body: signed, signal }),
    relayedRequest: (id, signal) =>
      call({ path: `/v1/requests/${id}`, schema: relayedRequestSchema, signal }),
    signerQueue: (signer, signal) =>
      call({ path: `/v1/requests?signer=${signer}`, schema: signerQueueSchema, signal }),
    leases: (query, signal) =>
      call({ path: `/v1/leases?${wordsOf(query)}`, schema: leasesPageSchema, signal }),
    leaseHistory: (lid, query, signal) =>
      call({ path: `/v1/leases/${lid}/history?${wordsOf(query)}`, schema: leaseHistorySchema, signal }),
    earnings: (query, signal) =>
      call({ path: `/v1/earnings?${wordsOf(query)}`, schema: earningsPageSchema, signal }),
  };
}

function wordsOf(query: object): string {
  const words = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(
    words.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}

interface Call<Schema extends z.ZodType> {
  readonly path: string;
  readonly schema: Schema;
  readonly body?: unknown;
  readonly signal: AbortSignal | undefined;
  /** Time for which the gateway may wait, beside that of the call. */
  readonly waitMs?: number;
}

function caller({ baseUrl, fetch, timeoutMs = CONTROL_TIMEOUT_MS }: GatewayApiOptions) {
  const base = baseUrl.replace(/\/+$/, "");
  return async <Schema extends z.ZodType>(request: Call<Schema>): Promise<z.output<Schema>> => {
    const timeout = AbortSignal.timeout(timeoutMs + (request.waitMs ?? 0));
    const init: RequestInit = {
      signal: request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]),
      ...(request.body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: toWire(request.body) }),
    };
    const response = await send(fetch, base + request.path, init);
    return fromWire(request.schema, await bodyOf(response, base));
  };
}

async function send(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new ProtocolError("GATEWAY_UNREACHABLE", `The gateway at ${url} does not answer.`, { cause });
  }
}

async function bodyOf(response: Response, base: string): Promise<unknown> {
  let body: unknown;
  try {
    const text = await response.text();
    if (text.length > MAX_RESPONSE_LENGTH) throw new RangeError("too long");
    body = JSON.parse(text);
  } catch (cause) {
    const message = `What ${base} answered (status ${response.status}) is not from a Fizz gateway.`;
    throw new ProtocolError("GATEWAY_UNREACHABLE", message, { cause });
  }
  if (response.ok) return body;
  throw errorFromWire(fromWire(httpErrorSchema, body).error);
}

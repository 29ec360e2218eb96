import { ProtocolError } from "@fizz/protocol/errors";
import {
  type ControlAuth,
  type DeploymentStatus,
  type EventsQuery,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  type StatsQuery,
  type StatsSnapshot,
  type Revoked,
} from "@fizz/protocol/messages";
import { type SessionGrant, type SignedRevocation } from "@fizz/protocol/typed-data";
import { type DeploymentFeeds, type FeedRequest } from "../control-ports.ts";
import { type Chain, type Challenge, type LeaseFacts, type NodeCalls } from "../ports.ts";
import { type TenantGate } from "./tenant-gate.ts";

export interface ControlDeskComponents {
  readonly chain: Chain;
  readonly calls: Pick<NodeCalls, "challenge" | "status" | "revoke"> & DeploymentFeeds;
  readonly tenants: Pick<TenantGate, "admit" | "openStream">;
}

/** Finds the node of a lease and passes on what its tenant signed. The node decides; the gateway only routes. */
export class ControlDesk implements DeploymentFeeds {
  readonly #components: ControlDeskComponents;

  constructor(components: ControlDeskComponents) {
    this.#components = components;
  }

  /** @throws ProtocolError LEASE_NOT_FOUND, NODE_OFFLINE, CHAIN_UNREACHABLE, and what the node answers */
  async challenge(lid: bigint, signal: AbortSignal): Promise<Challenge> {
    const lease = await this.#requireLease(lid);
    return await this.#components.calls.challenge(lease.nodeId, lease.leaseHash, signal);
  }

  async status(lid: bigint, auth: ControlAuth, signal: AbortSignal): Promise<DeploymentStatus> {
    return await this.#components.calls.status(await this.#nodeFor(lid, auth), auth, signal);
  }

  /** Needs no authority: the tenant's signature is in it, and the node's in the answer. */
  async revoke(lid: bigint, signed: SignedRevocation, signal: AbortSignal): Promise<Revoked> {
    const { revocation } = signed;
    const lease = await this.#findLease(lid);
    if (lease !== undefined && !isOf(revocation, lease)) {
      const message = `The revocation is not for lease ${lid} and its node.`;
      throw new ProtocolError("REVOCATION_INVALID", message);
    }
    return await this.#components.calls.revoke(revocation.nodeId, signed, signal);
  }

  async *logs(lid: bigint, request: FeedRequest<LogsQuery>, signal: AbortSignal): AsyncGenerator<LogLine[]> {
    yield* this.#feed(lid, request.auth, (nodeId) => this.#components.calls.logs(nodeId, request, signal));
  }

  async *events(
    lid: bigint,
    request: FeedRequest<EventsQuery>,
    signal: AbortSignal,
  ): AsyncGenerator<LeaseEvent[]> {
    yield* this.#feed(lid, request.auth, (nodeId) => this.#components.calls.events(nodeId, request, signal));
  }

  async *stats(
    lid: bigint,
    request: FeedRequest<StatsQuery>,
    signal: AbortSignal,
  ): AsyncGenerator<StatsSnapshot[]> {
    yield* this.#feed(lid, request.auth, (nodeId) => this.#components.calls.stats(nodeId, request, signal));
  }

  async *#feed<Item>(
    lid: bigint,
    auth: ControlAuth,
    open: (nodeId: bigint) => AsyncGenerator<Item[]>,
  ): AsyncGenerator<Item[]> {
    const nodeId = await this.#nodeFor(lid, auth);
    const leave = this.#components.tenants.openStream(auth.signed.grant.tenant);
    try {
      yield* open(nodeId);
    } finally {
      leave();
    }
  }

  async #nodeFor(lid: bigint, auth: ControlAuth): Promise<bigint> {
    const { grant } = auth.signed;
    const lease = await this.#findLease(lid);
    if (lease !== undefined && !isOf(grant, lease))
      throw new ProtocolError("GRANT_INVALID", `The session grant is not for lease ${lid} and its node.`);
    await this.#components.tenants.admit(auth, lease?.tenant);
    return grant.nodeId;
  }

  /** @returns undefined while the chain is silent: then what was signed says itself which node it is for. */
  async #findLease(lid: bigint): Promise<LeaseFacts | undefined> {
    try {
      return await this.#requireLease(lid);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "CHAIN_UNREACHABLE") return undefined;
      throw error;
    }
  }

  async #requireLease(lid: bigint): Promise<LeaseFacts> {
    const { chain } = this.#components;
    const [{ subnetId }, lease] = await Promise.all([chain.identity(), chain.findLease(lid, "head")]);
    if (lease?.subnetId === subnetId) return lease;
    throw new ProtocolError("LEASE_NOT_FOUND", `There is no lease ${lid} in this subnet.`);
  }
}

function isOf(signed: Pick<SessionGrant, "leaseHash" | "nodeId">, lease: LeaseFacts): boolean {
  return signed.leaseHash === lease.leaseHash && signed.nodeId === lease.nodeId;
}

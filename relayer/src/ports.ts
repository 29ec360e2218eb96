import { type Socket } from "node:net";
import { type ErrorCode, type ProtocolError } from "@fizz/protocol/errors";
import { type ChainLeaseState, type ChainNodeStatus } from "@fizz/protocol/chain";
import {
  type ChallengeResponse,
  type ControlAuth,
  type DeploymentStatus,
  type DoorRequest,
  type DoorsRequest,
  type DoorsResponse,
  type Endpoint,
  type GatewayNetwork,
  type ManifestDelivery,
  type Offer,
  type QuoteRequest,
  type QuotesRequest,
  type QuotesResponse,
  type Revoked,
  type Route,
  type Transport,
  type TunnelOpen,
} from "@fizz/protocol/messages";
import { type SignedQuote, type SignedReceipt, type SignedRevocation } from "@fizz/protocol/typed-data";
import { type ByteStream, type DatagramStream } from "@fizz/protocol/streams";
import { type Address, type Hex } from "viem";
import { type Bandwidth } from "./bandwidth-ports.ts";
import { type DeploymentFeeds } from "./control-ports.ts";
import { type DirectoryFeeds, type DirectoryView } from "./directory-ports.ts";
import { type HistoryStatus } from "./history-ports.ts";
import { type StoreStatus } from "./process-ports.ts";
import { type SocketEnds } from "./domain/proxy-protocol.ts";
import { type RelayStatus } from "./request-ports.ts";
import { type TunnelFailure } from "./domain/tunnel-failure.ts";

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** Unix milliseconds. */
export type Clock = () => number;

/** What public connections carry, as metrics tell them apart. */
export type Carried = Transport | "http";

/** Which limit kept a public connection, or a sender of datagrams, out: docs/LIMITS.md. */
export type DoorLimit =
  | "gateway"
  | "lease"
  | "address"
  | "node"
  | "unnamed"
  | "unnamed_address"
  | "door"
  | "state"
  | "address_rate"
  | "lease_rate"
  | "proxy_header";

/** Counts what goes through the doors. */
export interface Meter {
  opened(protocol: Carried): void;
  refused(limit: DoorLimit): void;
  /** No way to the container was opened. */
  failed(protocol: Carried, reason?: TunnelFailure): void;
  /** A peer opened a stream that nobody asked for. */
  strayStream(): void;
  /** A connection was ended since it carried nothing for too long. */
  silenced(): void;
  /** A connection waited, or a datagram was lost, since the bandwidth of its lease is used up. */
  throttled(protocol: Carried): void;
  /** Bytes of a connection that is over. */
  carried(protocol: Carried, bytes: { readonly toContainer: number; readonly toPublic: number }): void;
  /** A link to a node, tunnel or data, is gone. */
  linkEnded(reason: LinkEnd): void;
  /** A node was asked for a data link, or somebody connected one that is not awaited. */
  dataLink(outcome: DataLinkOutcome): void;
  /** A node's pulse was answered: `signed`, or the code of its refusal. */
  pulsed(result: "signed" | ErrorCode): void;
}

/** A place among all public connections, or the limit that leaves none. */
export type Place =
  { readonly taken: true; readonly leave: () => void } | { readonly taken: false; readonly limit: DoorLimit };

/** Counts public connections against their limits. */
export interface Places {
  /**
   * A connection that did not say yet which lease it is for.
   *
   * @param address Undefined while the balancer in between did not say it either.
   */
  arrive(address: string | undefined): Place;
  /** One for a lease, whose node is known. */
  enter(caller: { readonly leaseHash: Hex; readonly nodeId: bigint; readonly address: string }): Place;
}

/** Tells who is at the far end of a connection, or of the balancer's in between. */
export interface Callers {
  /**
   * @param socket Nothing of it was read. A balancer's header is taken from it; it is paused then.
   * @returns At once where no balancer has to tell. Undefined when it is gone, or when a balancer sent no header in time,
   *   or a wrong one.
   */
  endsOf(socket: Socket): SocketEnds | undefined | Promise<SocketEnds | undefined>;
}

export type DataLinkOutcome = "opened" | "failed" | "refused";

/** Why a link to a node ended: it was closed or its connection broke, the node was silent, or it broke the rules. */
export type LinkEnd = "closed" | "silence" | "violation";

/** What the chain says about this gateway. */
export interface GatewayIdentity {
  readonly chainId: number;
  readonly subnetId: number;
  readonly subnetActive: boolean;
  readonly subnetCutBps: number;
  readonly protocolCutBps: number;
  /** The contract that pulses are evidence for; zero while there is none. */
  readonly slasher: Address;
}

/** What the chain says about a node, at the head. Resource words are packed as in Resources.sol. */
export interface NodeFacts {
  readonly nodeId: bigint;
  readonly owner: Address;
  readonly operator: Address;
  readonly mode: "fizz" | "provider";
  readonly status: ChainNodeStatus;
  readonly region: string;
  readonly cpuTier: number;
  readonly gpuTier: number;
  readonly total: bigint;
  readonly used: bigint;
  /** Whether it is in this gateway's subnet, and up to which cut. */
  readonly joined: boolean;
  readonly acceptedCutBps: number;
  /** Starts that it missed although it had signed for the manifest. */
  readonly strikes: number;
}

/** What the chain says about a lease. */
export interface LeaseFacts {
  readonly lid: bigint;
  readonly tenant: Address;
  readonly nodeId: bigint;
  readonly subnetId: number;
  readonly state: ChainLeaseState;
  readonly version: number;
  readonly leaseHash: Hex;
  readonly manifestHash: Hex;
  /** While it is open: until when its node must have started it, in Unix seconds. */
  readonly deadline: number;
}

export interface PendingManifest {
  readonly version: number;
  readonly manifestHash: Hex;
}

export interface HeadChange {
  readonly number: bigint;
  /** The chain was reorganised, or blocks were missed: everything may have changed. */
  readonly everything: boolean;
  readonly nodeIds: ReadonlySet<bigint>;
  readonly lids: ReadonlySet<bigint>;
}

/**
 * The chain, read only. Every call may throw ProtocolError CHAIN_UNREACHABLE.
 * `confirmed` is the state below the configured confirmation depth: what a reorganisation no longer changes.
 */
export interface Chain {
  /** This gateway's own record; throws IDENTITY_UNKNOWN while its key runs no subnet. */
  identity(): Promise<GatewayIdentity>;
  findNode(operator: Address): Promise<NodeFacts | undefined>;
  findLease(lid: bigint, view: "head" | "confirmed"): Promise<LeaseFacts | undefined>;
  /** Decimals of a payment token; 18 for the native coin (zero address). */
  tokenDecimals(token: Address): Promise<number>;
  findPendingManifest(lid: bigint): Promise<PendingManifest | undefined>;
  /** Calls back after each new head. @returns A function that ends it. */
  onHead(listener: (change: HeadChange) => void): () => void;
  health(): ChainHealth;
}

export interface ChainHealth {
  readonly reachable: boolean;
  /** Last head seen; null before the first. */
  readonly head: string | null;
  /** Unix milliseconds of the last answer; null before the first. */
  readonly lastSeenAt: number | null;
}

/** A node that is connected, or was. */
export interface NodeView {
  readonly facts: NodeFacts;
  readonly peerId: string;
  readonly online: boolean;
  readonly agentVersion: string;
  readonly connectedAt: number;
  readonly lastSeenAt: number;
  readonly latencyMs: number | null;
  /** In 1/10000, of domain/uptime; null without a history. */
  readonly uptimeBps: number | null;
  readonly offer: Offer;
  readonly offerAt: number;
  /** Of domain/directory-entry: its offer may no longer hold. */
  readonly stale: boolean;
}

/** What can be asked of a connected node. Throws NODE_OFFLINE, NODE_UNREACHABLE, TIMEOUT, or the node's own error. */
export interface NodeCalls extends DeploymentFeeds {
  quote(nodeId: bigint, request: QuoteRequest, signal: AbortSignal): Promise<SignedQuote>;
  manifest(nodeId: bigint, delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt>;
  challenge(nodeId: bigint, leaseHash: Hex, signal: AbortSignal): Promise<Challenge>;
  status(nodeId: bigint, auth: ControlAuth, signal: AbortSignal): Promise<DeploymentStatus>;
  revoke(nodeId: bigint, signed: SignedRevocation, signal: AbortSignal): Promise<Revoked>;
}

export type Challenge = Omit<Extract<ChallengeResponse, { type: "challenge" }>, "type">;

/** Opens one stream to a container of a node. Throws as NodeCalls does. */
export interface Tunnels {
  /** For the bytes of one TCP connection. Resolves when the container is reached. */
  open(nodeId: bigint, target: TunnelOpen, signal: AbortSignal): Promise<ByteStream>;
  /**
   * As `open`, without waiting for the node: what is sent meanwhile waits at the container's door.
   *
   * @param onAnswer Called once: without an error when the container is reached, else before the stream closes.
   * @returns At once where the node's link is there. @throws ProtocolError NODE_OFFLINE, NODE_UNREACHABLE, LIMIT_REACHED;
   *   or rejects with it.
   */
  begin(
    nodeId: bigint,
    target: TunnelOpen,
    onAnswer: (error?: ProtocolError) => void,
  ): ByteStream | Promise<ByteStream>;
  /** For the datagrams of one sender; `receive` takes what the container answers. */
  openDatagrams(
    nodeId: bigint,
    target: TunnelOpen,
    options: { readonly receive: (payload: Uint8Array) => void; readonly signal: AbortSignal },
  ): Promise<DatagramStream>;
}

/** One public port of a lease. */
export interface Door extends DoorRequest {
  readonly publicPort: number;
}

/** A port of a container that is reached by host name. */
export type RoutedDoor = DoorRequest & { readonly route: Route };

/** A host name that a lease wants to be reached by. */
export interface HostClaim {
  readonly name: string;
  /** Place in the line of all claims: of two leases that want a name, the one with the lower number has it. */
  readonly since: number;
}

/** The public ports of a lease, as they survive a restart. */
export interface LeaseDoors {
  readonly leaseHash: Hex;
  readonly lid: bigint;
  readonly nodeId: bigint;
  /** State of the lease when the chain was last heard: what holds while it is silent. */
  readonly lastState: ChainLeaseState;
  readonly doors: readonly Door[];
  readonly routes: readonly RoutedDoor[];
  readonly claims: readonly HostClaim[];
}

/** Serves what is reached by host name. */
export interface DoorRouter {
  /** Whether ports of this scheme are routed; otherwise they get a number of their own. */
  serves(scheme: Route["scheme"]): boolean;
  /** Whether a name is the gateway's own, so that no lease can have it. */
  isReserved(name: string): boolean;
  endpointOf(leaseHash: Hex, door: RoutedDoor): Endpoint;
  /**
   * Serves what a lease has now, instead of what it had.
   *
   * @param bandwidth The same one for as long as the lease has doors.
   */
  put(lease: LeaseDoors, bandwidth: Bandwidth): void;
  remove(leaseHash: Hex): void;
  /** Claims of a lease that earlier ones of others keep from holding. */
  heldElsewhere(leaseHash: Hex): string[];
  /** Requests under way are answered, and their connections end then; nobody new comes in. */
  refuseNew(): void;
}

/** A sealed manifest on its way to a node. */
export interface StoredDelivery {
  readonly id: string;
  readonly nodeId: bigint;
  readonly receivedAt: number;
  readonly delivery: ManifestDelivery;
}

export interface ReceiptKey {
  readonly leaseHash: Hex;
  readonly version: number;
}

/** What must survive a restart. Every call may throw ProtocolError STORE_FAILED. */
export interface Store {
  start(): Promise<void>;
  stop(): Promise<void>;
  allDoors(): Promise<LeaseDoors[]>;
  /** Inserts or replaces the doors of a lease. Its error has `details.taken` when another lease has a number of them. */
  saveDoors(doors: LeaseDoors): Promise<void>;
  /** Of a lease that has doors; without them it changes nothing. */
  saveState(leaseHash: Hex, lastState: ChainLeaseState): Promise<void>;
  removeDoors(leaseHash: Hex): Promise<void>;
  /** Keeps a delivery; the same id again changes nothing. Keeps at most `keep` per lease and version, newest first. */
  addDelivery(stored: StoredDelivery, keep: number): Promise<void>;
  /** Oldest first. */
  deliveriesOf(nodeId: bigint): Promise<StoredDelivery[]>;
  /** In the order of their ids, after one of them; from the first with an empty one. */
  deliveriesAfter(id: string, limit: number): Promise<StoredDelivery[]>;
  removeDelivery(id: string): Promise<void>;
  countDeliveries(): Promise<number>;
  /** Keeps a receipt and drops every delivery that it answers. */
  saveReceipt(key: ReceiptKey, signed: SignedReceipt, now: number): Promise<void>;
  findReceipt(key: ReceiptKey): Promise<SignedReceipt | undefined>;
  /** Drops deliveries received, and receipts saved, before a time (Unix milliseconds). */
  dropOlderThan(time: number): Promise<void>;
}

/** What a node says first, with what its handshake proved. */
export interface NodeGreeting {
  /** Address of the key behind the peer id. */
  readonly operator: Address;
  readonly peerId: string;
  readonly agentVersion: string;
  readonly chainId: number;
  readonly market: Address;
  readonly nodeId: bigint;
  readonly offer: Offer;
}

/** The live list of this gateway's nodes, as the wire sees it. */
export interface NodeGate {
  /** @throws ProtocolError IDENTITY_UNKNOWN, CHAIN_MISMATCH, CHAIN_UNREACHABLE, LIMIT_REACHED */
  admit(greeting: NodeGreeting): Promise<GatewayIdentity>;
  /** The greeting was answered: the node can be asked from now on. */
  online(nodeId: bigint): void;
  update(nodeId: bigint, news: { readonly offer: Offer; readonly latencyMs: number | null }): void;
  /** It is there, and nothing else has changed: nobody is told. */
  seen(nodeId: bigint, latencyMs: number | null): void;
  offline(nodeId: bigint): void;
}

/** Public ports, as nodes ask for them. */
export interface DoorDesk {
  /** @throws ProtocolError LEASE_NOT_FOUND, LEASE_WRONG_STATE, PORTS_EXHAUSTED, INPUT_INVALID, CHAIN_UNREACHABLE */
  openDoors(nodeId: bigint, request: DoorsRequest): Promise<DoorsAnswer>;
}

export type DoorsAnswer = Omit<Extract<DoorsResponse, { type: "doors" }>, "type">;

/** Where a lease stands for the gateway; only `over` is final, and only the confirmed chain says it. */
export type Standing = "open" | "running" | "ending" | "over";

export interface LeaseNews {
  readonly standing: Standing;
  /** State at the head; `none` when the head does not have the lease. */
  readonly state: ChainLeaseState;
}

export interface WatchedLease {
  readonly lid: bigint;
  readonly leaseHash: Hex;
}

/** Follows leases on chain. */
export interface LeaseFollower {
  /** @param onNews Called after the first reading, and whenever the standing changed. Silent while the chain is. */
  watch(lease: WatchedLease, onNews: (news: LeaseNews) => void): void;
  unwatch(leaseHash: Hex): void;
}

export interface HealthReport {
  readonly status: "ok" | "degraded";
  readonly version: string;
  readonly chain: ChainHealth;
  readonly nodesOnline: number;
  readonly doors: { readonly leases: number; readonly doors: number; readonly connections: number };
  readonly uptimeSeconds: number;
  /** Null where none is kept. */
  readonly history: HistoryStatus | null;
}

/** A part that takes settings, and files that they name, while it runs. */
export interface Reloadable<Settings> {
  /** For logs. */
  readonly name: string;
  /** The settings that it takes. */
  readonly keys: readonly (keyof Settings)[];
  /**
   * Called at each reload before any part takes anything.
   *
   * @throws ProtocolError CONFIG_INVALID: then nothing changes.
   */
  check?(settings: Settings): void | Promise<void>;
  /** Called at each reload. One that fails goes on with what it had. */
  reload(settings: Settings): void | Promise<void>;
}

/** What the operator's commands see of a running gateway. */
export interface OperatorStatus extends HealthReport {
  readonly apiUrl: string;
  readonly peerId: string;
  /** Why it cannot serve tenants now; null when it can. */
  readonly notReady: string | null;
  /** Unix milliseconds; null while it serves. */
  readonly drain: { readonly since: number; readonly deadline: number } | null;
  readonly residentBytes: number;
  /** Null before the chain was first asked for it. */
  readonly relay: RelayStatus | null;
  readonly store: StoreStatus;
}

/** What the operator's commands ask of a running gateway. */
export interface OperatorDesk {
  status(): OperatorStatus;
  /** Begins an orderly end, or moves its deadline. */
  drain(limitMs: number): { readonly since: number; readonly deadline: number };
  /** @throws ProtocolError CONFIG_INVALID; nothing has changed then. */
  reload(): Promise<object>;
}

/** What the HTTP API offers, without HTTP. Every call may throw ProtocolError. */
export interface Backend extends DeploymentFeeds {
  health(): HealthReport;
  /** @param nodeId A node to be reached: the addresses are those of the process that it is connected to. */
  network(nodeId?: bigint): Promise<GatewayNetwork>;
  readonly directory: DirectoryView;
  /** @param caller Whom a waiting order counts for. */
  quotes(request: QuotesRequest, signal: AbortSignal, caller?: string): Promise<QuotesResponse>;
  readonly feed: DirectoryFeeds;
  /** @returns undefined when the delivery is kept for a node that is away. */
  deliverManifest(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt | undefined>;
  challenge(lid: bigint, signal: AbortSignal): Promise<Challenge>;
  status(lid: bigint, auth: ControlAuth, signal: AbortSignal): Promise<DeploymentStatus>;
  revoke(lid: bigint, signed: SignedRevocation, signal: AbortSignal): Promise<Revoked>;
}

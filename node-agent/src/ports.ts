import {
  type ControlAuth,
  type DeploymentStatus,
  type DoorsRequest,
  type EventsQuery,
  type LeaseEvent,
  type LeaseEventCode,
  type LogLine,
  type LogsQuery,
  type ManifestDelivery,
  type Offer,
  type QuoteRequest,
  type Revoked,
  type Transport,
  type TunnelOpen,
} from "@fizz/protocol/messages";
import { type CloseReason } from "@fizz/protocol/reasons";
import {
  type ManifestReceipt,
  type Pulse,
  type Quote,
  type SessionScope,
  type SignedPulse,
  type SignedQuote,
  type SignedReceipt,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { type ChainSnapshot, type LeaseRecord } from "./domain/lease-record.ts";
import { type ObservedContainer } from "./domain/observed.ts";
import { type QuoteKey, type OpenedDoors, type StoredLease } from "./domain/stored-lease.ts";
import { type ContainerSpec, type RunningLimits } from "./domain/workload.ts";
import { type ExecSession, type Program } from "./exec-ports.ts";
import { type ContainerUsage } from "./domain/usage.ts";
import { type Reach } from "./reach-ports.ts";

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The node as the chain has it. */
export interface NodeRecord {
  readonly nodeId: bigint;
  readonly owner: Address;
  readonly operator: Address;
  readonly mode: "fizz" | "provider";
  readonly status: string;
  readonly region: string;
  /** Packed resource words. */
  readonly resources: bigint;
  readonly used: bigint;
  /** Indices of protocol/tiers, fixed at registration; 0 for not rated. */
  readonly cpuTier: number;
  readonly gpuTier: number;
}

export interface Cuts {
  readonly subnetCutBps: number;
  readonly protocolCutBps: number;
  readonly active: boolean;
}

/**
 * The chain, for one node. Reads throw CHAIN_UNREACHABLE; transactions are simulated first and throw TX_REVERTED
 * (or the code that the revert stands for), TX_LOST, INSUFFICIENT_FUNDS, CHAIN_UNREACHABLE. All are safe to repeat.
 */
export interface Chain {
  readonly chainId: number;
  readonly market: Address;
  readonly operator: Address;
  /** Undefined when the operator key serves no node. */
  node(): Promise<NodeRecord | undefined>;
  cuts(subnetId: number): Promise<Cuts>;
  /** The subnet that a gateway key runs and this node is in; undefined otherwise. */
  sharedSubnet(nodeId: bigint, gateway: Address): Promise<number | undefined>;
  /** The contract that pulses are evidence for; undefined while there is none. */
  slasher(): Promise<Address | undefined>;
  /** At the head; undefined when there is none. */
  lease(lid: bigint): Promise<LeaseRecord | undefined>;
  /** Reads the leases of this node, and `watch` besides, at the head and at the confirmation depth. */
  snapshot(nodeId: bigint, watch: readonly bigint[]): Promise<ChainSnapshot>;
  confirmStart(lease: LeaseRecord): Promise<void>;
  decline(lease: LeaseRecord, reason: CloseReason): Promise<void>;
  confirmUpdate(lease: LeaseRecord, update: { version: number; manifestHash: Hex }): Promise<void>;
  declineUpdate(lease: LeaseRecord, update: { version: number; reason: CloseReason }): Promise<void>;
  closeExhausted(lease: LeaseRecord): Promise<void>;
  /** Of an Active lease: from its notice time on the node may close it. */
  giveNotice(lease: LeaseRecord, reason: CloseReason): Promise<void>;
  /** Of a Reclaiming lease whose notice is over. */
  closeReclaimed(lease: LeaseRecord, reason: CloseReason): Promise<void>;
}

/** The operator key. */
export interface Signer {
  readonly address: Address;
  signQuote(quote: Quote): Promise<SignedQuote>;
  signReceipt(receipt: ManifestReceipt): Promise<SignedReceipt>;
  /** @param digest 32 bytes, of something in protocol/typed-data. */
  signDigest(digest: Uint8Array): Hex;
}

/** A pulse that the node has signed. */
export interface OwnPulse extends SignedPulse {
  readonly digest: Uint8Array;
  /** The leases that its root stands for. */
  readonly leaseHashes: readonly Hex[];
}

/** Receipts for the node's presence. */
export interface Pulsing {
  /** @returns undefined while the chain has no contract that reads pulses. @throws ProtocolError CHAIN_UNREACHABLE */
  sign(subnetId: number): Promise<OwnPulse | undefined>;
  /** Keeps what the gateway has signed too. @throws ProtocolError PULSE_INVALID when it has not */
  keep(own: OwnPulse, by: { readonly signature: Hex; readonly gatewayKey: Hex }): void;
}

/** A pulse that both have signed, with what it takes to prove a lease in it. */
export interface PulseEvidence {
  readonly pulse: Pulse;
  readonly nodeSignature: Hex;
  readonly gatewaySignature: Hex;
  readonly leaseHashes: readonly Hex[];
}

/** Keeps the newest pulses. Never throws: evidence that cannot be kept is no reason to stop serving. */
export interface PulseStore {
  append(evidence: PulseEvidence): void;
}

/** One line of a container's output. */
export interface OutputLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds, as the engine wrote it. */
  readonly timestamp: string;
  readonly text: string;
}

export interface OutputQuery {
  readonly follow: boolean;
  /** Last lines to begin with; null for all. */
  readonly tail: number | null;
  /** Unix seconds with fraction; only lines from then on. */
  readonly since?: string;
}

export interface EngineFacts {
  readonly version: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly architecture: string;
  readonly liveRestore: boolean;
  readonly warnings: readonly string[];
}

/** What an image tells about itself. */
export interface ImageFacts {
  /** The engine's own id of it. */
  readonly id: string;
  /** Unpacked. */
  readonly sizeBytes: number;
  /** Ports that it names, such as `8080/tcp`; empty when it names none. */
  readonly ports: readonly string[];
}

/** @param totalBytes Of the layers of which the size is known so far, as the registry has them: compressed. */
export type OnPullProgress = (percent: number | null, totalBytes?: number) => void;

/**
 * Runs containers. Everything that it makes carries the node's labels, and it never touches anything else.
 * Throws ENGINE_UNREACHABLE when it does not answer, ENGINE_FAILED when it refuses, IMAGE_PULL_FAILED with
 * `retryable` false when the image is missing or denied.
 */
export interface Engine {
  facts(signal: AbortSignal): Promise<EngineFacts>;
  observe(signal: AbortSignal): Promise<readonly ObservedContainer[]>;
  /** Makes the image available as the pull policy says. `onProgress` gets a percentage, or null when unknown. */
  provideImage(spec: ContainerSpec, onProgress: OnPullProgress, signal: AbortSignal): Promise<ImageFacts>;
  /** Creates network, volumes and container; does nothing for what exists already. */
  create(spec: ContainerSpec, digest: string, signal: AbortSignal): Promise<void>;
  start(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Changes what a container may use; what runs in it goes on. Does nothing for one that is gone. Throws
   * RESOURCES_IN_USE when it holds more memory than it would get; then nothing is changed.
   */
  resize(id: string, limits: RunningLimits, signal: AbortSignal): Promise<void>;
  /** Asks to end, kills after the grace time. */
  stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  /** Removes a container and the volumes that live as long as it. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes the network and the volumes of a lease that has no containers any more. What is on machines that do not answer
   * stays, and is listed as left over once they do.
   */
  removeLease(leaseHash: Hex, signal: AbortSignal): Promise<void>;
  /** Measures what containers have on disk; `observe` tells it from then on. Slow: the engine looks at every file. */
  measureDisk(signal: AbortSignal): Promise<void>;
  /** Lines of output, oldest first. */
  output(id: string, query: OutputQuery, signal: AbortSignal): AsyncIterable<OutputLine>;
  /** Readings of what a container uses, one a second while it runs; none of one that does not, or is not there. */
  usage(id: string, signal: AbortSignal): AsyncIterable<ContainerUsage>;
  /** Runs a program in a container; one that is not there ends with 126 or 127. Throws EXEC_FAILED in one that does not run. */
  exec(id: string, program: Program, signal: AbortSignal): Promise<ExecSession>;
  /** Calls back whenever a container of this node changes; returns when the signal aborts or the engine is gone. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
}

/** Each write is durable when its promise resolves. Throws STORE_FAILED. */
export interface LeaseStore {
  leases(): readonly StoredLease[];
  find(leaseHash: Hex): StoredLease | undefined;
  /** Adds or replaces. */
  save(lease: StoredLease): Promise<void>;
  /** Changes what is there; undefined when there is nothing. Calls for one lease happen one after the other. */
  change(leaseHash: Hex, update: (lease: StoredLease) => StoredLease): Promise<StoredLease | undefined>;
  remove(leaseHash: Hex): Promise<void>;
  saveQuoteKey(key: QuoteKey): Promise<void>;
  findQuoteKey(nonce: bigint): QuoteKey | undefined;
}

export interface NewEvent {
  readonly code: LeaseEventCode;
  readonly message: string;
  readonly service?: string;
  readonly replica?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What happened to each lease, in order, with a cursor. */
export interface Journal {
  append(leaseHash: Hex, event: NewEvent): void;
  /** Events after a cursor that are still kept. */
  read(leaseHash: Hex, after: number): readonly LeaseEvent[];
  /** Resolves when there is something after the cursor, or the signal aborts. */
  wait(leaseHash: Hex, after: number, signal: AbortSignal): Promise<void>;
  remove(leaseHash: Hex): Promise<void>;
}

/** The way to the gateway. */
export interface GatewayLink {
  /** Number of the present session, undefined while there is none. A new session has a new number. */
  session(): number | undefined;
  subnetId(): number | undefined;
  /** @throws ProtocolError GATEWAY_UNREACHABLE, PORTS_EXHAUSTED or what the gateway answered */
  openDoors(request: DoorsRequest, signal: AbortSignal): Promise<OpenedDoors>;
}

/** Answers orders with signed quotes. */
export interface Quoting {
  quote(request: QuoteRequest): Promise<SignedQuote>;
  offer(): Promise<Offer>;
}

/** Takes manifests in. */
export interface ManifestIntake {
  accept(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt>;
}

/** Where a container listens. */
export interface ContainerWay {
  readonly host: string;
  readonly port: number;
  /** How it is reached from here; undefined: as it is. */
  readonly reach?: Reach;
  /** To be called when the connection is over, or was none; may be called twice. */
  readonly leave?: () => void;
}

/** Finds the way into a container. */
export interface TunnelTargets {
  /** @throws ProtocolError LEASE_NOT_FOUND, SERVICE_UNKNOWN, SERVICE_UNREACHABLE */
  locate(target: TunnelOpen, protocol: Transport): Promise<ContainerWay>;
}

/** Finds the way into a container for its tenant: any TCP port that the manifest exposes, to whomever. */
export interface PrivateTargets {
  /** @throws ProtocolError LEASE_NOT_FOUND, SERVICE_UNKNOWN, SERVICE_UNREACHABLE */
  locatePrivate(target: TunnelOpen): Promise<ContainerWay>;
}

/** What a caller showed. */
export interface Credentials {
  readonly auth: ControlAuth;
  /** Peer at the other end of the stream, proven by its handshake. */
  readonly remotePeer: string;
  /** Aborts when the caller is gone: what it was allowed needs no end then. */
  readonly signal: AbortSignal;
}

/** A tenant's proven authority over one lease. */
export interface Authority {
  readonly leaseHash: Hex;
  /** Aborts when the grant is over: expired, revoked, or its lease closed. Its reason is a ProtocolError that says which. */
  readonly signal: AbortSignal;
}

/** Takes what tenants revoke. */
export interface Revoking {
  /** Durable when it resolves. @throws ProtocolError REVOCATION_INVALID, LEASE_NOT_FOUND, LEASE_NOT_YOURS, LIMIT_REACHED, STORE_FAILED */
  revoke(signed: SignedRevocation): Promise<Revoked>;
}

/**
 * Decides who may see what. Throws GRANT_INVALID, GRANT_EXPIRED, GRANT_REVOKED, GRANT_SCOPE, SESSION_NOT_PROVEN,
 * LEASE_NOT_FOUND, LEASE_NOT_YOURS, LEASE_WRONG_STATE.
 */
export interface ControlGate {
  challenge(leaseHash: Hex): { readonly nodeId: bigint; readonly nonce: Hex; readonly expiresAt: number };
  authorize(credentials: Credentials, scope: SessionScope): Promise<Authority>;
}

/** What a tenant may see of its deployment. */
export interface DeploymentViews {
  status(leaseHash: Hex): Promise<DeploymentStatus>;
  logs(leaseHash: Hex, query: LogsQuery, signal: AbortSignal): AsyncIterable<LogLine[]>;
  events(leaseHash: Hex, query: EventsQuery, signal: AbortSignal): AsyncIterable<LeaseEvent[]>;
}

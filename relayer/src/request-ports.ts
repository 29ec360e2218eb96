import { type ErrorCode } from "@fizz/protocol/errors";
import { type RelayedRequest, type RelayedState, type SignerQueue } from "@fizz/protocol/messages";
import { type ForwarderDomain, type SignedForwardRequest } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { type Fees, type FeeMarket } from "./domain/request-fees.ts";
import { type RelayedCall, type SignerKind } from "./domain/request-rules.ts";

/** A request that the gateway took. */
export interface KeptRequest {
  /** EIP-712 digest. */
  readonly id: Hex;
  readonly kind: SignerKind;
  readonly signed: SignedForwardRequest;
  readonly state: RelayedState;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  /** What the quotas count: the gas limit of its transaction, and what was used once that is known. */
  readonly gas: bigint;
  readonly txHash: Hex | null;
  readonly block: bigint | null;
  readonly code: ErrorCode | null;
  readonly reason: string | null;
}

/** What changes of a request; the rest stays. */
export type RequestChange = Partial<Omit<KeptRequest, "id" | "kind" | "signed" | "receivedAt">>;

/** A signed transaction of the gateway's key, as it is sent, and sent again. */
export interface RelayTransaction {
  readonly hash: Hex;
  readonly raw: Hex;
  /** `filler` moves nothing: it only uses the number. */
  readonly purpose: "execute" | "filler";
  readonly gas: bigint;
  readonly fees: Fees;
  /** Head of the chain when it was made. */
  readonly sentBlock: bigint;
}

/** A transaction number of the gateway's key that is not settled, with everything that was ever sent under it. */
export interface RelaySlot {
  readonly nonce: number;
  /** Undefined for one that only fills a gap. */
  readonly requestId: Hex | undefined;
  /** Oldest first; at least one. */
  readonly transactions: readonly RelayTransaction[];
}

/** What the quotas count, of the last day. */
export interface RelayUsage {
  readonly requests: number;
  readonly gas: bigint;
}

/** A change of the request that a slot is for, written together with the slot. */
export interface LinkedChange {
  readonly id: Hex;
  readonly change: RequestChange;
}

/** What a relayed request must not lose by a crash. Every call may throw ProtocolError STORE_FAILED. */
export interface RequestStore {
  addRequest(request: KeptRequest): Promise<void>;
  findRequest(id: Hex): Promise<KeptRequest | undefined>;
  /** Queued, sent or mined ones of a signer, by nonce. */
  liveOf(signer: Address): Promise<KeptRequest[]>;
  /** Those that wait to be sent, oldest first. */
  queued(): Promise<KeptRequest[]>;
  /** Final ones that are in this block or a later one, those in the newest blocks first. @param limit Most of them. */
  finalSince(block: bigint, limit: number): Promise<KeptRequest[]>;
  countLive(): Promise<number>;
  changeRequest(id: Hex, change: RequestChange): Promise<void>;
  /** @param since Unix milliseconds. @param signer Undefined for everybody. */
  usage(since: number, signer?: Address): Promise<RelayUsage>;
  /** By number. */
  slots(relayer: Address): Promise<RelaySlot[]>;
  /**
   * Keeps a number with its first transaction, in one step. A number is given once, and a request has one at a time.
   *
   * @throws ProtocolError STORE_FAILED otherwise: nothing has changed then.
   */
  openSlot(relayer: Address, slot: RelaySlot, linked?: LinkedChange): Promise<void>;
  /** Keeps a transaction that replaces the slot's others. */
  addTransaction(
    relayer: Address,
    nonce: number,
    replacement: { readonly transaction: RelayTransaction; readonly linked?: LinkedChange },
  ): Promise<void>;
  /** Forgets a number and its transactions. */
  closeSlot(relayer: Address, nonce: number, linked?: LinkedChange): Promise<void>;
  /** Drops requests that are final, failed or expired and were received before a time (Unix milliseconds). */
  dropSettled(before: number): Promise<void>;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface RelayHead {
  readonly number: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/** What a block says of a transaction. */
export interface RelayReceipt {
  readonly block: bigint;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei that the transaction took from the key. */
  readonly paid: bigint;
}

/** What a transaction is made of, besides what it does. */
export interface TransactionPlan {
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: Fees;
  readonly sentBlock: bigint;
}

/** The chain, as the sender of requests needs it. Every call may throw ProtocolError CHAIN_UNREACHABLE. */
export interface RelayChain {
  /** Who pays. */
  readonly relayer: Address;
  /** The forwarder that the market trusts. */
  domain(): Promise<ForwarderDomain>;
  /** What a request calls; undefined for what is none of the contracts' functions. */
  readCall(signed: SignedForwardRequest): RelayedCall | undefined;
  head(): Promise<RelayHead>;
  /** Hash of a block by its number; undefined when the chain has none. */
  blockHash(block: bigint): Promise<Hex | undefined>;
  /** Requests of a signer that were executed: at the head, or below a block. */
  signerNonce(signer: Address, block?: bigint): Promise<bigint>;
  /** Why the request would not be done now; undefined when it would. @param gas Of the transaction; undefined for one that is not the next of its signer. */
  simulate(signed: SignedForwardRequest, gas: bigint | undefined): Promise<Refusal | undefined>;
  /** Transactions of the relayer: at a block, or those besides that wait at the RPC. */
  transactionCount(at: bigint | "latest" | "pending"): Promise<number>;
  /** Wei of the relayer. */
  balance(): Promise<bigint>;
  feeMarket(): Promise<FeeMarket>;
  receipt(hash: Hex): Promise<RelayReceipt | undefined>;
  /** Whether the RPC has the transaction, in a block or waiting. */
  isKnown(hash: Hex): Promise<boolean>;
  /** Signs, and sends nothing. @param signed Undefined for a filler. */
  sign(plan: TransactionPlan, signed: SignedForwardRequest | undefined): Promise<RelayTransaction>;
  /** @returns Why the RPC does not take it; undefined when it does. */
  send(raw: Hex): Promise<string | undefined>;
}

/** What metrics and `status` tell of the relaying. */
export interface RelayStatus {
  /** Wei of the key; null before it was read. */
  readonly balance: string | null;
  /** Whether that is too little to take new requests. */
  readonly isLow: boolean;
  /** Requests that wait; transactions that are not settled. */
  readonly queued: number;
  readonly inFlight: number;
  /** Of the last day, and what is allowed. */
  readonly requests: number;
  readonly maxRequests: number;
  readonly gas: string;
  readonly maxGas: string;
}

/** How a request ended, or what was done for it. */
export type RelayOutcome = "accepted" | "sent" | "replaced" | "final" | "failed" | "expired" | "filled";

export interface RelayMeter {
  relayed(outcome: RelayOutcome): void;
  /** A transaction is settled. @param wei What it took from the key. */
  relayPaid(wei: bigint): void;
  /** A request was not taken. */
  relayRefused(code: ErrorCode): void;
}

/** What the HTTP API offers of the relaying. */
export interface RequestBackend {
  /** @throws ProtocolError REQUEST_INVALID, REQUEST_EXPIRED, REQUEST_NOT_ALLOWED, REQUEST_OUT_OF_ORDER, QUOTA_EXCEEDED, RELAYER_UNFUNDED, LIMIT_REACHED, CHAIN_UNREACHABLE, or what the contract's refusal stands for */
  relay(signed: SignedForwardRequest): Promise<RelayedRequest>;
  /** @throws ProtocolError REQUEST_NOT_FOUND */
  find(id: Hex): Promise<RelayedRequest>;
  /** @throws ProtocolError CHAIN_UNREACHABLE */
  queueOf(signer: Address): Promise<SignerQueue>;
}

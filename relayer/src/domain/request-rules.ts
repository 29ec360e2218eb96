import { type ErrorCode } from "@fizz/protocol/errors";
import { type ForwardRequest } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";

/** For whom the gateway pays: the operator of one of its nodes, or the tenant of a lease. */
export type SignerKind = "node" | "tenant";

/** The call inside a request. */
export interface RelayedCall {
  readonly contract: "leaseMarket" | "nodeRegistry";
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** Calls that are paid for. Those of the market name a lease first; some of the registry name a subnet second. */
const ALLOWED: Readonly<Record<SignerKind, Readonly<Record<RelayedCall["contract"], readonly string[]>>>> = {
  node: {
    leaseMarket: ["confirmStart", "decline", "confirmUpdate", "declineUpdate", "giveNotice", "close"],
    nodeRegistry: ["joinSubnet", "setAcceptedCut", "leaveSubnet", "setDraining"],
  },
  tenant: {
    leaseMarket: ["topUp", "requestUpdate", "requestUpdateWithQuote", "declineUpdate", "close"],
    nodeRegistry: [],
  },
};
const NAMES_SUBNET: readonly string[] = ["joinSubnet", "setAcceptedCut", "leaveSubnet"];
/** What a node calls to get into the subnet: before that it is not of this gateway. */
const ENTRY = "joinSubnet";

/** Time that a request must still be good for, and may at most be, in seconds. */
export const MIN_REQUEST_SECONDS = 60;
export const MAX_REQUEST_SECONDS = 86_400;
export const QUOTA_WINDOW_MS = 86_400_000;

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** For whom the operator pays, and how much. */
export interface RelayPolicy {
  readonly nodes: boolean;
  readonly tenants: TenantPolicy;
  /** Most gas that one request may name. */
  readonly maxGas: bigint;
  readonly perSigner: Quota;
  readonly total: Quota;
}

export type TenantPolicy = "off" | "all" | readonly Address[];

/** Of any 24 hours. */
export interface Quota {
  readonly requests: number;
  readonly gas: bigint;
}

/** What can be told of a request without asking anybody. */
export function faultOfShape(request: ForwardRequest, maxGas: bigint): Fault | undefined {
  if (request.value !== 0n)
    return invalid("The gateway pays the gas and nothing else: a request carries no coins (value 0).");
  if (request.gas > maxGas)
    return invalid(`The request names ${request.gas} gas; this gateway pays for ${maxGas} at most.`);
  return undefined;
}

/** Half of the order of secp256k1, SEC 2. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const SIGNATURE_BYTES = 65;

/**
 * Whether the forwarder takes a signature of this form: the lower of the two possible `s` (EIP-2), and 27 or 28 at its
 * end. Another form of a good signature, which everybody can make, must not stand in its way.
 */
export function isCanonicalSignature(signature: Hex): boolean {
  if (signature.length !== 2 + 2 * SIGNATURE_BYTES) return false;
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  const v = Number(`0x${signature.slice(130)}`);
  return s > 0n && s <= HALF_ORDER && (v === 27 || v === 28);
}

/** @param now Unix seconds. */
export function faultOfTime({ deadline }: Pick<ForwardRequest, "deadline">, now: number): Fault | undefined {
  const left = deadline - now;
  if (left >= MIN_REQUEST_SECONDS && left <= MAX_REQUEST_SECONDS) return undefined;
  const bounds = `${MIN_REQUEST_SECONDS} s to ${MAX_REQUEST_SECONDS} s ahead`;
  return {
    code: "REQUEST_EXPIRED",
    message: `The deadline is ${left} s ahead; the gateway takes ${bounds}. Sign it again.`,
    details: { now },
  };
}

/** What is known of the signer and of the lease that the call names. */
export interface CallFacts {
  readonly call: RelayedCall | undefined;
  readonly signer: Address;
  readonly subnetId: number;
  /** The node that the signer operates; undefined when it is none. */
  readonly node: { readonly nodeId: bigint; readonly joined: boolean } | undefined;
  /** The lease that the call names; undefined when it names none, or there is none. */
  readonly lease:
    { readonly tenant: Address; readonly nodeId: bigint; readonly subnetId: number } | undefined;
}

export type Verdict =
  { readonly allowed: true; readonly kind: SignerKind } | { readonly allowed: false; readonly fault: Fault };

/** Whether the gateway pays for a call, and for whom. The contracts decide whether the signer may make it. */
export function judgeCall(facts: CallFacts, policy: Pick<RelayPolicy, "nodes" | "tenants">): Verdict {
  const { call, node } = facts;
  if (call === undefined)
    return refused("The gateway relays calls to the lease market and the node registry only.");
  if (node !== undefined && (node.joined || call.functionName === ENTRY)) {
    if (!policy.nodes) return refused("This gateway does not pay for its nodes.");
    return judgeKind("node", facts, call);
  }
  const { tenants } = policy;
  const isSponsored = tenants === "all" || (tenants !== "off" && tenants.includes(facts.signer));
  if (!isSponsored)
    return refused("This gateway pays for nodes of its subnet, and for tenants that its operator named.");
  return judgeKind("tenant", facts, call);
}

function judgeKind(kind: SignerKind, facts: CallFacts, call: RelayedCall): Verdict {
  const { contract, functionName } = call;
  if (!ALLOWED[kind][contract].includes(functionName))
    return refused(`This gateway does not pay for ${functionName} of a ${kind}. Send it directly.`);
  const isOurs =
    contract === "nodeRegistry" ? isAboutSubnet(call, facts.subnetId) : isAboutLease(kind, facts);
  if (isOurs) return { allowed: true, kind };
  return refused(`The call is about no lease of this subnet that is the ${kind}'s, or about another subnet.`);
}

function isAboutSubnet({ functionName, args }: RelayedCall, subnetId: number): boolean {
  return !NAMES_SUBNET.includes(functionName) || args[1] === subnetId;
}

function isAboutLease(kind: SignerKind, { lease, node, signer, subnetId }: CallFacts): boolean {
  if (lease?.subnetId !== subnetId) return false;
  return kind === "node" ? lease.nodeId === node?.nodeId : lease.tenant === signer;
}

/** @param used Of the last 24 hours, without this request. @param gas Of its transaction. */
export function faultOfQuota(
  whose: "signer" | "gateway",
  { used, gas }: { readonly used: { readonly requests: number; readonly gas: bigint }; readonly gas: bigint },
  quota: Quota,
): Fault | undefined {
  const isOver = used.requests >= quota.requests || used.gas + gas > quota.gas;
  if (!isOver) return undefined;
  const message =
    `The quota of ${whose === "signer" ? "your key" : "this gateway"} is used up: ${used.requests} of ` +
    `${quota.requests} requests and ${used.gas} of ${quota.gas} gas in 24 hours. Send it directly, or later.`;
  return { code: "QUOTA_EXCEEDED", message, details: { whose } };
}

/**
 * The nonce that the next request of a signer must have.
 *
 * @param executed What the forwarder has executed. @param waiting Nonces of those that the gateway has taken.
 */
export function nextNonce(executed: bigint, waiting: Iterable<bigint>): bigint {
  const taken = new Set(waiting);
  let next = executed;
  while (taken.has(next)) next += 1n;
  return next;
}

export function faultOfNonce(nonce: bigint, expected: bigint): Fault | undefined {
  if (nonce === expected) return undefined;
  return {
    code: "REQUEST_OUT_OF_ORDER",
    message: `The next request of this signer has nonce ${expected}, not ${nonce}. Sign it again.`,
    details: { expected: expected.toString() },
  };
}

function invalid(message: string): Fault {
  return { code: "REQUEST_INVALID", message };
}

function refused(message: string): Verdict {
  return { allowed: false, fault: { code: "REQUEST_NOT_ALLOWED", message } };
}

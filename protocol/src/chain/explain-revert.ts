import { BaseError, ContractFunctionRevertedError, decodeErrorResult, type Hex } from "viem";
import { type ErrorCode } from "../errors/index.ts";
import { capacitySentences } from "./explain-capacity.ts";
import { governanceSentences } from "./explain-governance.ts";
import { nodeRegistrySentences, subnetRegistrySentences } from "./explain-registries.ts";
import { rewardSentences } from "./explain-rewards.ts";
import { slasherSentences } from "./explain-slasher.ts";
import { coin, type Explain, text, utc } from "./explain-values.ts";
import { contractErrorsAbi } from "./generated.ts";
import { leaseStateOf, nodeStatusOf } from "./states.ts";

export interface ExplainedRevert {
  readonly code: ErrorCode;
  /** A sentence with the values, and what to do. */
  readonly message: string;
  /** Name of the custom error. */
  readonly name: string;
}

/** One sentence per custom error that a person can meet. Others are shown with their name and values. */
const sentences: Record<string, Explain> = {
  ...capacitySentences,
  ...rewardSentences,
  ...slasherSentences,
  ...governanceSentences,
  ...nodeRegistrySentences,
  ...subnetRegistrySentences,
  LeaseMarket_InsufficientFree: ([, , free, required]) => [
    "INSUFFICIENT_ESCROW",
    `The escrow account has ${coin(free)} free and this needs ${coin(required)}. Deposit the difference first.`,
  ],
  LeaseMarket_NothingToWithdraw: () => ["TX_REVERTED", "There is nothing to withdraw."],
  LeaseMarket_TokenUnknown: ([token]) => [
    "TX_REVERTED",
    `The token ${text(token)} never paid for leases here.`,
  ],
  LeaseMarket_TooManyUnits: ([token]) => [
    "TX_REVERTED",
    `With this deposit the market would hold more units of the token ${text(token)} than it can count.`,
  ],
  LeaseMarket_ResourcesTooLarge: () => [
    "QUOTE_INVALID",
    "The quote reserves more of one resource than a lease can hold. Ask for less.",
  ],
  LeaseMarket_DowntimeNotMore: ([lid, credited]) => [
    "LEASE_WRONG_STATE",
    `Lease ${text(lid)} was already credited ${text(credited)} s of downtime; name a larger sum.`,
  ],
  LeaseMarket_DowntimeNotHeld: ([lid, wanted, held]) => [
    "LEASE_WRONG_STATE",
    `Of lease ${text(lid)} only ${text(held)} s are still held back, not ${text(wanted)} s.`,
  ],
  LeaseMarket_BadDowntimeSignature: ([lid, operator]) => [
    "TX_REVERTED",
    `The downtime of lease ${text(lid)} is not signed by the node's operator ${text(operator)}.`,
  ],
  LeaseMarket_QuoteExpired: ([expiresAt]) => [
    "QUOTE_EXPIRED",
    `The quote expired at ${utc(expiresAt)}. Ask for a new one.`,
  ],
  LeaseMarket_QuoteUsed: () => ["QUOTE_EXPIRED", "The quote was already used. Ask for a new one."],
  LeaseMarket_QuoteNotForTenant: () => ["QUOTE_INVALID", "The quote was made for another tenant."],
  LeaseMarket_BadQuoteSignature: () => ["QUOTE_INVALID", "The quote is not signed by the node's operator."],
  LeaseMarket_CutMismatch: () => ["QUOTE_EXPIRED", "The cuts changed since the quote. Ask for a new one."],
  LeaseMarket_NodeNotActive: ([nodeId, status]) => [
    "NODE_REFUSED",
    `Node ${text(nodeId)} takes no leases: it is ${nodeStatusOf(Number(status))}.`,
  ],
  LeaseMarket_NotInSubnet: ([nodeId, subnetId]) => [
    "NODE_REFUSED",
    `Node ${text(nodeId)} is not in subnet ${text(subnetId)}, or does not accept its cut.`,
  ],
  LeaseMarket_NodeFull: ([nodeId]) => [
    "NODE_FULL",
    `Node ${text(nodeId)} has not enough free resources any more. Take another quote.`,
  ],
  LeaseMarket_PrepaidOutOfRange: ([prepaid, min, max]) => [
    "QUOTE_INVALID",
    `The node takes between ${text(min)} s and ${text(max)} s in advance, not ${text(prepaid)} s.`,
  ],
  LeaseMarket_LeaseNotFound: ([lid]) => ["LEASE_NOT_FOUND", `There is no lease ${text(lid)}.`],
  LeaseMarket_WrongState: ([lid, state]) => [
    "LEASE_WRONG_STATE",
    `Lease ${text(lid)} is ${leaseStateOf(Number(state))}; this is not possible now.`,
  ],
  LeaseMarket_NotTenant: ([lid]) => ["LEASE_NOT_YOURS", `Lease ${text(lid)} belongs to another wallet.`],
  LeaseMarket_NotParty: ([lid]) => ["LEASE_NOT_YOURS", `Lease ${text(lid)} belongs to other parties.`],
  LeaseMarket_CutNotAccepted: ([nodeId, cut]) => [
    "NODE_REFUSED",
    `Node ${text(nodeId)} does not accept the subnet's cut of ${Number(cut) / 100} %. Take another quote.`,
  ],
  LeaseMarket_Exhausted: ([lid, until]) => [
    "LEASE_WRONG_STATE",
    `The money of lease ${text(lid)} was used up at ${utc(until)}; it can only be closed.`,
  ],
  LeaseMarket_QuoteNotForLease: ([lid, field]) => [
    "QUOTE_INVALID",
    `The quote does not fit lease ${text(lid)}: its ${text(field)} is another.`,
  ],
  LeaseMarket_NoticeNotGiven: ([lid]) => [
    "LEASE_WRONG_STATE",
    `A node gives notice before it closes lease ${text(lid)}.`,
  ],
  LeaseMarket_NoticeRunning: ([lid, closableAt]) => [
    "LEASE_WRONG_STATE",
    `The notice of lease ${text(lid)} runs until ${utc(closableAt)}.`,
  ],
  LeaseMarket_StartDeadlineNotReached: ([lid, deadline]) => [
    "LEASE_WRONG_STATE",
    `The node of lease ${text(lid)} has time to start until ${utc(deadline)}.`,
  ],
  LeaseMarket_StartDeadlinePassed: ([lid, deadline]) => [
    "LEASE_WRONG_STATE",
    `The time to start lease ${text(lid)} ended at ${utc(deadline)}.`,
  ],
  LeaseMarket_TenantFirst: ([lid, until]) => [
    "LEASE_WRONG_STATE",
    `Until ${utc(until)} only the tenant may close lease ${text(lid)}, which did not start.`,
  ],
  LeaseMarket_TokenNotAllowed: ([token]) => [
    "TX_REVERTED",
    `The token ${text(token)} does not pay for leases.`,
  ],
  LeaseMarket_UpdatePending: ([lid, version]) => [
    "LEASE_WRONG_STATE",
    `Lease ${text(lid)} still waits for the node to take version ${text(version)}.`,
  ],
  LeaseMarket_WrongVersion: ([, expected, given]) => [
    "LEASE_WRONG_STATE",
    `The next version is ${text(expected)}, not ${text(given)}. Read the lease again.`,
  ],
  LeaseMarket_TooManyUpdates: ([lid, version]) => [
    "LEASE_WRONG_STATE",
    `Lease ${text(lid)} has had all the versions that a lease can have (${text(version)}). Open another one.`,
  ],
};

/** The custom error inside what viem threw, as a sentence; undefined when it is something else. */
export function explainRevert(error: unknown): ExplainedRevert | undefined {
  const decoded = decodedOf(error);
  if (decoded === undefined) return undefined;
  const { errorName: name, args = [] } = decoded;
  const explain = Object.hasOwn(sentences, name) ? sentences[name] : undefined;
  if (explain === undefined) {
    const values = args.map((value) => text(value)).join(", ");
    return { code: "TX_REVERTED", message: `The contract refused: ${name}(${values}).`, name };
  }
  const [code, message] = explain(args);
  return { code, message, name };
}

interface Decoded {
  readonly errorName: string;
  readonly args?: readonly unknown[] | undefined;
}

function decodedOf(error: unknown): Decoded | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    if (reverted.data !== undefined) return reverted.data;
    return reverted.raw === undefined ? undefined : decodeRaw(reverted.raw);
  }
  const carrier = error.walk((cause) => typeof dataOf(cause) === "string");
  const data = dataOf(carrier);
  return data === undefined ? undefined : decodeRaw(data);
}

function dataOf(cause: unknown): Hex | undefined {
  const data: unknown = (cause as { data?: unknown } | null)?.data;
  return typeof data === "string" && /^0x[0-9a-f]{8,}$/i.test(data) ? (data as Hex) : undefined;
}

function decodeRaw(data: Hex): Decoded | undefined {
  try {
    return decodeErrorResult({ abi: contractErrorsAbi, data });
  } catch {
    return undefined;
  }
}

import { coin, type Explain, reverted, text, utc } from "./explain-values.ts";

const short = (value: unknown): string => text(value).slice(0, 10);

const reportStates = ["not filed", "open", "answered", "compensated", "settled", "lapsed"];
const claimStates = ["not made", "open", "voided", "released"];

/** One sentence per error of the slasher. */
export const slasherSentences: Readonly<Record<string, Explain>> = {
  Slasher_RuleOutOfRange: reverted(
    ([rule, value, min, max]) =>
      `${text(rule)} lies between ${text(min)} and ${text(max)}, not at ${text(value)}.`,
  ),
  Slasher_ZeroPool: reverted(() => "The pool needs an account."),
  Slasher_NotRegistry: reverted(
    ([caller]) => `The slasher takes coins from the registries, not from ${text(caller)}.`,
  ),
  Slasher_NothingToWithdraw: reverted(([account]) => `Nothing is owed to ${text(account)}.`),
  Slasher_TransferFailed: reverted(
    ([to, amount]) => `${text(to)} did not take ${coin(amount)} ETH; it stays owed.`,
  ),
  Slasher_AlreadyReported: reverted(
    ([id, state]) =>
      `This was reported before: report ${short(id)} is ${reportStates[Number(state)] ?? "there"}.`,
  ),
  Slasher_WrongReport: reverted(
    ([id]) => `This is not the record of report ${short(id)}. Take it from its event.`,
  ),
  Slasher_NotOpen: reverted(
    ([id, state]) => `Report ${short(id)} is ${reportStates[Number(state)] ?? "over"}.`,
  ),
  Slasher_TooOld: reverted(([, until]) => `This could be reported until ${utc(until)}.`),
  Slasher_InTheFuture: reverted(([at]) => `${utc(at)} is still ahead. Check the clock of who signed.`),
  Slasher_AppealRunning: reverted(
    ([id, until]) => `Report ${short(id)} can be answered until ${utc(until)}; settle it then.`,
  ),
  Slasher_AppealOver: reverted(
    ([id, until]) => `The time to answer report ${short(id)} ended at ${utc(until)}.`,
  ),
  Slasher_Lapsed: reverted(
    ([id, at]) => `Report ${short(id)} lapsed at ${utc(at)}: call lapse for the deposit.`,
  ),
  Slasher_NotLapsed: reverted(([id, at]) => `Report ${short(id)} lapses at ${utc(at)}.`),
  Slasher_NotAppealable: reverted(
    ([id]) => `Report ${short(id)} is proven; it can be compensated, not appealed.`,
  ),
  Slasher_WrongDeposit: reverted(
    ([sent, required]) => `A report takes exactly ${coin(required)} ETH; ${coin(sent)} ETH was sent.`,
  ),
  Slasher_WrongCompensation: reverted(
    ([sent, required]) => `The compensation is exactly ${coin(required)} ETH; ${coin(sent)} ETH was sent.`,
  ),
  Slasher_NoNoShow: reverted(
    ([lid]) => `The node of lease ${text(lid)} did not miss its start with a receipt signed.`,
  ),
  Slasher_NoVerdict: reverted(([id]) => `The capacity rounds have no verdict ${short(id)}.`),
  Slasher_NotTenant: reverted(
    ([lid, caller]) => `Only the tenant of lease ${text(lid)} may report it, not ${text(caller)}.`,
  ),
  Slasher_NotRunning: ([lid]) => ["LEASE_WRONG_STATE", `Lease ${text(lid)} does not run.`],
  Slasher_Exhausted: ([lid, until]) => [
    "LEASE_WRONG_STATE",
    `The money of lease ${text(lid)} was used up at ${utc(until)}.`,
  ],
  Slasher_PulseNotForNode: reverted(
    ([node, pulse]) => `The pulse is of node ${text(pulse)}; node ${text(node)} is accused.`,
  ),
  Slasher_PulseTooEarly: reverted(
    ([at, earliest]) => `The pulse is of ${utc(at)}; it must not be older than ${utc(earliest)}.`,
  ),
  Slasher_NotInSubnet: reverted(
    ([node, subnet]) => `Node ${text(node)} is not in subnet ${text(subnet)}, or it is not active.`,
  ),
  Slasher_BadNodeSignature: reverted(() => "The pulse is not signed by the node's operator."),
  Slasher_BadGatewaySignature: reverted(
    ([subnet]) => `The pulse is not signed by the gateway of subnet ${text(subnet)}.`,
  ),
  Slasher_LeaseNotInPulse: reverted(() => "The pulse does not name this lease."),
  Slasher_NoContradiction: reverted(() => "The two statements can both be true."),
  Slasher_NotGateway: reverted(
    ([subnet, caller]) => `Only the gateway of subnet ${text(subnet)} may claim this, not ${text(caller)}.`,
  ),
  Slasher_NotNative: reverted(
    ([lid]) => `Lease ${text(lid)} is paid in a token; downtime is claimed of native-coin leases.`,
  ),
  Slasher_DowntimeOutOfRange: reverted(
    ([, , earliest, latest]) => `Downtime can be claimed between ${utc(earliest)} and ${utc(latest)}.`,
  ),
  Slasher_ClaimTooLong: reverted(
    ([duration, max]) => `${text(max)} s can be claimed now, not ${text(duration)} s.`,
  ),
  Slasher_NothingHeld: reverted(([lid]) => `Nothing of lease ${text(lid)} is held back any more.`),
  Slasher_StakeTooLow: reverted(
    ([subnet, free, required]) =>
      `The claim needs ${coin(required)} ETH of stake; subnet ${text(subnet)} has ${coin(free)} ETH free.`,
  ),
  Slasher_ClaimNotOpen: reverted(
    ([id, state]) => `Claim ${short(id)} is ${claimStates[Number(state)] ?? "over"}.`,
  ),
  Slasher_ClaimUnknown: reverted(([id]) => `There is no claim ${short(id)}. Take its record from its event.`),
  Slasher_ClaimWindowOver: reverted(
    ([id, until]) => `Claim ${short(id)} could be voided until ${utc(until)}.`,
  ),
  Slasher_ClaimWindowRunning: reverted(
    ([id, until]) => `Claim ${short(id)} can be voided until ${utc(until)}; release it then.`,
  ),
  Slasher_ReportsRunning: reverted(
    ([subnet, until]) =>
      `A report against the gateway of subnet ${text(subnet)} runs until ${utc(until)}; release it then.`,
  ),
  Slasher_EvidenceTooShort: reverted(
    ([covered, required]) =>
      `The receipt covers ${text(covered)} s of the claimed time; ${text(required)} s are needed.`,
  ),
  Slasher_BadWitness: reverted(
    () => "The receipt is signed neither by the tenant nor by another gateway of the node.",
  ),
};

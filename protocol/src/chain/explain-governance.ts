import { hexToString } from "viem";
import { coin, type Explain, reverted, text } from "./explain-values.ts";

/** States of OpenZeppelin's Governor, by their numbers. */
const proposalStates = [
  "waiting for its vote",
  "being voted on",
  "canceled",
  "defeated",
  "accepted and ready to be executed",
  "accepted and waiting for its delay",
  "expired",
  "executed",
];
const days = (seconds: unknown): string => {
  const count = Number(seconds) / 86_400;
  return `${text(count)} ${count === 1 ? "day" : "days"}`;
};
const short = (value: unknown): string => text(value).slice(0, 10);
const nameOf = (setting: unknown): string => {
  const hex = text(setting);
  return /^0x[0-9a-f]{64}$/i.test(hex) ? hexToString(hex as `0x${string}`, { size: 32 }) : hex;
};

/** One sentence per error of the timelock, of the governors of subnets and of their votes. */
export const governanceSentences: Readonly<Record<string, Explain>> = {
  ProtocolTimelock_DelayOutOfRange: reverted(
    ([delay, min, max]) => `The delay lies between ${days(min)} and ${days(max)}, not at ${days(delay)}.`,
  ),
  ProtocolTimelock_ExitTooLong: reverted(
    ([exit, min]) =>
      `A node leaves in ${days(exit)}, which is not less than the shortest delay, ${days(min)}.`,
  ),
  ProtocolTimelock_NoAccount: reverted(([role]) => `The role ${short(role)} needs at least one account.`),
  ProtocolTimelock_NotOffered: reverted(
    ([target, pending]) =>
      `The contract ${text(target)} is not offered to the timelock; it is offered to ${text(pending)}.`,
  ),
  ProtocolTimelock_ZeroAccount: reverted(
    ([role, index]) => `Account ${text(index)} of the role ${short(role)} is the zero address.`,
  ),
  TimelockInsufficientDelay: reverted(
    ([delay, min]) => `An operation waits for at least ${days(min)}, not ${days(delay)}.`,
  ),
  TimelockUnauthorizedCaller: reverted(
    ([caller]) => `Only the timelock itself may do this, not ${text(caller)}.`,
  ),
  TimelockUnexpectedOperationState: reverted(
    ([id]) => `Operation ${short(id)} is not in the state for this: not scheduled, not ready yet, or done.`,
  ),
  TimelockUnexecutedPredecessor: reverted(([id]) => `Operation ${short(id)} comes first.`),
  AccessControlUnauthorizedAccount: reverted(
    ([account, role]) => `${text(account)} does not have the role ${short(role)} that this needs.`,
  ),
  SubnetGovernor_CoinsRefused: reverted(
    ([amount]) => `A governor takes no coins; keep the ${coin(amount)} ETH.`,
  ),
  SubnetGovernor_ExitTooLong: reverted(
    ([exit, min]) =>
      `A node leaves in ${days(exit)}, which is not less than the shortest delay, ${days(min)}.`,
  ),
  SubnetGovernor_ForbiddenCall: reverted(
    ([index, target, selector]) =>
      `Call ${text(index)} of the proposal, ${text(selector)} at ${text(target)}, is none that a subnet may decide.`,
  ),
  SubnetGovernor_ForeignSubnet: reverted(
    ([index, subnet, own]) =>
      `Call ${text(index)} of the proposal is about subnet ${text(subnet)}; this governor decides for ${text(own)}.`,
  ),
  SubnetGovernor_SettingOutOfRange: reverted(
    ([setting, value, min, max]) =>
      `${nameOf(setting)} lies between ${text(min)} and ${text(max)}, not at ${text(value)}.`,
  ),
  SubnetGovernor_TooManyCalls: reverted(
    ([count, max]) => `A proposal makes at most ${text(max)} calls, not ${text(count)}.`,
  ),
  SubnetGovernor_ZeroSubnet: reverted(() => "A governor needs the number of its subnet."),
  SubnetGovernorFactory_NoCode: reverted(
    ([implementation]) => `There is no contract at ${text(implementation)}.`,
  ),
  SubnetGovernorFactory_NotOwner: reverted(
    ([subnet, caller]) => `Only the owner of subnet ${text(subnet)} makes its governor, not ${text(caller)}.`,
  ),
  SubnetGovernorFactory_SubnetNotFound: reverted(([subnet]) => `There is no subnet ${text(subnet)}.`),
  SubnetVotes_NoDelegation: reverted(() => "Votes are earned and cannot be lent to another account."),
  SubnetVotes_NothingEarned: reverted(
    ([node, earned]) =>
      `Node ${text(node)} has earned ${coin(earned)} ETH through this subnet, and has the votes for all of it.`,
  ),
  SubnetVotes_NoSuchNode: reverted(([node]) => `There is no node ${text(node)}.`),
  SubnetVotes_ZeroSubnet: reverted(() => "Votes need the number of their subnet."),
  GovernorAlreadyCastVote: reverted(([voter]) => `${text(voter)} has voted on this proposal.`),
  GovernorInsufficientProposerVotes: reverted(
    ([proposer, votes, threshold]) =>
      `A proposal needs ${coin(threshold)} votes; ${text(proposer)} has ${coin(votes)}.`,
  ),
  GovernorNonexistentProposal: reverted(([id]) => `There is no proposal ${text(id)}.`),
  GovernorUnexpectedProposalState: reverted(
    ([id, state]) => `Proposal ${text(id)} is ${proposalStates[Number(state)] ?? "in another state"}.`,
  ),
  GovernorInvalidVoteType: reverted(() => "A vote is against (0), for (1) or abstaining (2)."),
  GovernorInvalidSignature: reverted(([voter]) => `The vote is not signed by ${text(voter)}.`),
  GovernorUnableToCancel: reverted(
    ([id, account]) => `${text(account)} may not cancel proposal ${text(id)} now.`,
  ),
};

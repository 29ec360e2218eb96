import { type ErrorCode } from "../errors/index.ts";
import { coin, type Explain, text, utc } from "./explain-values.ts";

const said = (sentence: string): readonly [ErrorCode, string] => ["TX_REVERTED", sentence];

/** One sentence per custom error of EraRewards. */
export const rewardSentences: Record<string, Explain> = {
  EraRewards_AlreadyClosed: ([subnetId, era]) =>
    said(`Subnet ${text(subnetId)} is closed up to era ${text(era)}; the next one is still running.`),
  EraRewards_BadProof: ([subnetId, nodeId, cumulative]) =>
    said(
      `The proof does not show that subnet ${text(subnetId)} gives node ${text(nodeId)} ${coin(cumulative)} ETH. Make it from the data of the root that it names.`,
    ),
  EraRewards_EraNotClosed: ([subnetId, era, closedEra]) =>
    said(
      `Era ${text(era)} of subnet ${text(subnetId)} is not closed; the last one is ${text(closedEra)}. Call checkpoint first.`,
    ),
  EraRewards_EraReported: ([subnetId, era, latestEra]) =>
    said(`Subnet ${text(subnetId)} is reported up to era ${text(latestEra)}; ${text(era)} is not after it.`),
  EraRewards_NodeNotFound: ([nodeId]) => ["NODE_UNKNOWN", `There is no node ${text(nodeId)}.`],
  EraRewards_NotGovernor: ([subnetId, caller]) =>
    said(`Only the governor of subnet ${text(subnetId)} may do this, not ${text(caller)}.`),
  EraRewards_NotGuardian: ([caller]) =>
    said(`Only guardian, slasher and owner may disable a root, not ${text(caller)}.`),
  EraRewards_NotIdle: ([subnetId, era]) =>
    said(`The pool of subnet ${text(subnetId)} can be returned from era ${text(era)} on.`),
  EraRewards_NotLatestRoot: ([subnetId]) =>
    said(`A later root of subnet ${text(subnetId)} rests on this one. Disable the latest first.`),
  EraRewards_NotNodeOwner: ([nodeId, caller]) =>
    said(`Only the owner of node ${text(nodeId)} names its reward wallet, not ${text(caller)}.`),
  EraRewards_NotOperator: ([subnetId, caller]) =>
    said(`Only the gateway's key of subnet ${text(subnetId)} posts its roots, not ${text(caller)}.`),
  EraRewards_NotSlasher: ([caller]) => said(`Only the slasher takes rewards, not ${text(caller)}.`),
  EraRewards_NothingSent: () => said("No coin was sent."),
  EraRewards_NothingToClaim: ([subnetId, nodeId, cumulative, claimed]) =>
    said(
      `Node ${text(nodeId)} has claimed ${coin(claimed)} ETH from subnet ${text(subnetId)} already; this root gives it ${coin(cumulative)} in all.`,
    ),
  EraRewards_NothingToWithdraw: ([nodeId]) =>
    said(`Node ${text(nodeId)} has no credit. Claim its rewards first.`),
  EraRewards_OverBudget: ([subnetId, increase, budget]) =>
    said(
      `The root promises ${coin(increase)} ETH more, and subnet ${text(subnetId)} has ${coin(budget)} ETH free.`,
    ),
  EraRewards_OverTotal: ([subnetId, claimed, total]) =>
    said(
      `The claims of subnet ${text(subnetId)} would be ${coin(claimed)} ETH, and its gateway reserved ${coin(total)}: its tree promises more than it says. Wait for its next root.`,
    ),
  EraRewards_ParameterOutOfRange: ([, value, min, max]) =>
    said(`The parameter is ${text(value)}; it may be ${text(min)} to ${text(max)}.`),
  EraRewards_RootActive: ([, , activatesAt]) =>
    said(`The root pays since ${utc(activatesAt)} and cannot be disabled any more.`),
  EraRewards_RootNotFound: ([subnetId]) =>
    said(`Subnet ${text(subnetId)} has no such root: it was never posted, or it was disabled.`),
  EraRewards_RootPending: ([, , activatesAt]) => said(`The root pays from ${utc(activatesAt)} on.`),
  EraRewards_RootPosted: ([subnetId]) => said(`Subnet ${text(subnetId)} posted this root before.`),
  EraRewards_SlasherAlreadySet: ([current]) => said(`The slasher is ${text(current)} for good.`),
  EraRewards_SubnetNotFound: ([subnetId]) => said(`There is no subnet ${text(subnetId)} here.`),
  EraRewards_TotalNotRaised: ([subnetId, total, latest]) =>
    said(
      `A root of subnet ${text(subnetId)} promises more than the one before: above ${coin(latest)} ETH, not ${coin(total)}.`,
    ),
  EraRewards_TransferFailed: ([to, amount]) =>
    said(`${text(to)} did not take ${coin(amount)} ETH. The credit stays; name another wallet.`),
  EraRewards_UnexpectedCoin: ([from]) => said(`${text(from)} pays no fees. Use fund to give to a pool.`),
  EraRewards_ZeroDataHash: () => said("A root needs the hash of the data that it was made from."),
  EraRewards_ZeroRoot: () => said("The root is zero."),
  EraRewards_ZeroSlasher: () => said("The slasher is zero."),
  EraRewards_ZeroTreasury: () => said("The treasury is zero."),
};

import { coin, type Explain, percent, reverted, text, utc } from "./explain-values.ts";
import { nodeStatusOf } from "./states.ts";

/** One sentence per custom error of the node registry. A test holds the list against its ABI. */
export const nodeRegistrySentences: Readonly<Record<string, Explain>> = {
  NodeRegistry_WrongFee: reverted(
    ([sent, required]) => `Registration costs exactly ${coin(required)} ETH; ${coin(sent)} ETH was sent.`,
  ),
  NodeRegistry_OperatorTaken: reverted(
    ([operator, nodeId]) =>
      `The operator key ${text(operator)} already serves node ${text(nodeId)}. Use a fresh key.`,
  ),
  NodeRegistry_ZeroOperator: reverted(() => "A node needs an operator key; the zero address is none."),
  NodeRegistry_BadConsent: reverted(
    ([operator]) =>
      `The operator key ${text(operator)} did not agree to serve this owner. Sign the consent again.`,
  ),
  NodeRegistry_EmptyResources: reverted(
    ([milliCpu, memory]) =>
      `A node offers CPU and memory; this one offers ${text(milliCpu)} mCPU and ${text(memory)} MiB.`,
  ),
  NodeRegistry_OfferTooLarge: reverted(
    ([field, offered, limit]) =>
      `The node may offer at most ${text(limit)} of ${text(field)}, not ${text(offered)}. Offer less, or bond 0.05 ETH: a bonded Fizz node may offer four times as much.`,
  ),
  NodeRegistry_TierTooLarge: reverted(
    ([tier, max]) => `There is no tier ${text(tier)}; the last is ${text(max)}.`,
  ),
  NodeRegistry_NodeNotFound: reverted(([nodeId]) => `There is no node ${text(nodeId)}.`),
  NodeRegistry_NotOwner: reverted(
    ([nodeId, caller]) => `Only the owner of node ${text(nodeId)} may do this, not ${text(caller)}.`,
  ),
  NodeRegistry_NotOwnerOrOperator: reverted(
    ([nodeId, caller]) =>
      `Only the owner or the operator of node ${text(nodeId)} may do this, not ${text(caller)}.`,
  ),
  NodeRegistry_WrongStatus: reverted(
    ([nodeId, status]) =>
      `Node ${text(nodeId)} is ${nodeStatusOf(Number(status))}; this is not possible now.`,
  ),
  NodeRegistry_AlreadyInSubnet: reverted(
    ([nodeId, subnetId]) => `Node ${text(nodeId)} already is in subnet ${text(subnetId)}.`,
  ),
  NodeRegistry_NotInSubnet: reverted(
    ([nodeId, subnetId]) => `Node ${text(nodeId)} is not in subnet ${text(subnetId)}.`,
  ),
  NodeRegistry_CutTooHigh: reverted(
    ([cut, accepted]) => `The subnet takes ${percent(cut)}; the node accepts at most ${percent(accepted)}.`,
  ),
  NodeRegistry_BadAcceptedCut: reverted(
    ([cut, max]) => `A node accepts at most ${percent(max)}, not ${percent(cut)}.`,
  ),
  NodeRegistry_NotAdmitted: reverted(
    ([nodeId, subnetId]) =>
      `Subnet ${text(subnetId)} does not admit node ${text(nodeId)}: its list, modes or tiers leave it out, or it takes no nodes now. Ask its owner.`,
  ),
  NodeRegistry_TooManySubnets: reverted(
    ([nodeId, max]) => `Node ${text(nodeId)} is in ${text(max)} subnets, which is the most. Leave one first.`,
  ),
  NodeRegistry_OptInExpired: reverted(
    ([expiresAt]) => `The signed opt-in expired at ${utc(expiresAt)}. Sign it anew.`,
  ),
  NodeRegistry_OptInUsed: reverted(
    ([nodeId, nonce]) =>
      `The opt-in ${text(nonce)} of node ${text(nodeId)} was used or taken back. Sign one with another nonce.`,
  ),
  NodeRegistry_BadOptInSignature: reverted(
    ([nodeId]) => `Neither the owner nor the operator of node ${text(nodeId)} signed this opt-in.`,
  ),
  NodeRegistry_ExitTimeNotReached: reverted(
    ([nodeId, exitAt]) => `The exit of node ${text(nodeId)} can be finished at ${utc(exitAt)}.`,
  ),
  NodeRegistry_ZeroAmount: reverted(([nodeId]) => `The amount for the bond of node ${text(nodeId)} is zero.`),
  NodeRegistry_BondTooLow: reverted(
    ([nodeId, backing, required]) =>
      `Node ${text(nodeId)} needs a bond of ${coin(required)} ETH that does not thaw, and has ${coin(backing)} ETH. Add the difference.`,
  ),
  NodeRegistry_ThawTooMuch: reverted(
    ([nodeId, amount, available]) =>
      `Node ${text(nodeId)} has ${coin(available)} ETH that do not thaw yet, less than ${coin(amount)} ETH.`,
  ),
  NodeRegistry_NothingThaws: reverted(
    ([nodeId]) => `Nothing of the bond of node ${text(nodeId)} thaws. Start with thawBond.`,
  ),
  NodeRegistry_BondThawing: reverted(
    ([nodeId, thawedAt]) => `The bond of node ${text(nodeId)} thaws until ${utc(thawedAt)}.`,
  ),
  NodeRegistry_BondIsLocked: reverted(
    ([nodeId, locked, until]) =>
      `${coin(locked)} ETH of the bond of node ${text(nodeId)} are held for a report until ${utc(until)} at the latest.`,
  ),
  NodeRegistry_TimeOutOfRange: reverted(
    ([until, earliest, latest]) =>
      `The time ${text(until)} is not between ${utc(earliest)} and ${utc(latest)}.`,
  ),
  NodeRegistry_SuspensionRunning: reverted(
    ([nodeId, until]) => `Node ${text(nodeId)} is suspended until ${utc(until)}.`,
  ),
  NodeRegistry_NotSlasher: reverted(([caller]) => `Only the Slasher may do this, not ${text(caller)}.`),
  NodeRegistry_ZeroSlasher: reverted(() => "The Slasher cannot be the zero address."),
  NodeRegistry_SlasherAlreadySet: reverted(
    ([slasher]) => `The Slasher is ${text(slasher)} and stays so: it is named once.`,
  ),
  NodeRegistry_TransferFailed: reverted(([to, amount]) => `${text(to)} did not take ${coin(amount)} ETH.`),
  NodeRegistry_ZeroFeeReceiver: reverted(() => "The receiver of the fees cannot be the zero address."),
};

/** One sentence per custom error of the subnet registry. A test holds the list against its ABI. */
export const subnetRegistrySentences: Readonly<Record<string, Explain>> = {
  SubnetRegistry_SubnetNotFound: reverted(([subnetId]) => `There is no subnet ${text(subnetId)}.`),
  SubnetRegistry_SubnetIsClosed: reverted(([subnetId]) => `Subnet ${text(subnetId)} is closed for good.`),
  SubnetRegistry_NotOwner: reverted(
    ([subnetId, caller]) => `Only the owner of subnet ${text(subnetId)} may do this, not ${text(caller)}.`,
  ),
  SubnetRegistry_NotGovernor: reverted(
    ([subnetId, caller]) => `Only the governor of subnet ${text(subnetId)} may do this, not ${text(caller)}.`,
  ),
  SubnetRegistry_ZeroGovernor: reverted(
    ([subnetId]) => `The governor of subnet ${text(subnetId)} cannot be the zero address.`,
  ),
  SubnetRegistry_NotOwnerOrOperator: reverted(
    ([subnetId, caller]) =>
      `Only the owner or the operator of subnet ${text(subnetId)} may do this, not ${text(caller)}.`,
  ),
  SubnetRegistry_OperatorTaken: reverted(
    ([operator, subnetId]) =>
      `The operator key ${text(operator)} already runs subnet ${text(subnetId)}. Use a fresh key.`,
  ),
  SubnetRegistry_ZeroOperator: reverted(() => "A subnet needs an operator key; the zero address is none."),
  SubnetRegistry_CutTooHigh: reverted(
    ([cut, max]) => `A subnet takes at most ${percent(max)}, not ${percent(cut)}.`,
  ),
  SubnetRegistry_StakeTooLow: reverted(
    ([stake, required]) =>
      `A subnet stakes at least ${coin(required)} ETH; this would be ${coin(stake)} ETH.`,
  ),
  SubnetRegistry_TextTooLong: reverted(
    ([length, max]) => `The text has ${text(length)} bytes; at most ${text(max)} are allowed.`,
  ),
  SubnetRegistry_NothingAccepted: reverted(() => "A subnet takes Fizz nodes, provider nodes, or both."),
  SubnetRegistry_TierTooLarge: reverted(
    ([tier, max]) => `There is no tier ${text(tier)}; the last is ${text(max)}.`,
  ),
  SubnetRegistry_ZeroNode: reverted(() => "There is no node 0."),
  SubnetRegistry_TransferFailed: reverted(([to, amount]) => `${text(to)} did not take ${coin(amount)} ETH.`),
  SubnetRegistry_ZeroAmount: reverted(
    ([subnetId]) => `The amount for the stake of subnet ${text(subnetId)} is zero.`,
  ),
  SubnetRegistry_ThawTooMuch: reverted(
    ([subnetId, amount, available]) =>
      `Subnet ${text(subnetId)} has ${coin(available)} ETH that do not thaw yet, less than ${coin(amount)} ETH.`,
  ),
  SubnetRegistry_NothingThaws: reverted(
    ([subnetId]) =>
      `Nothing of the stake of subnet ${text(subnetId)} thaws. Start with thawStake, or close the subnet.`,
  ),
  SubnetRegistry_StakeThawing: reverted(
    ([subnetId, until]) => `The stake of subnet ${text(subnetId)} is free at ${utc(until)}.`,
  ),
  SubnetRegistry_StakeIsLocked: reverted(
    ([subnetId, locked, until]) =>
      `${coin(locked)} ETH of the stake of subnet ${text(subnetId)} are held for a report until ${utc(until)} at the latest.`,
  ),
  SubnetRegistry_TimeOutOfRange: reverted(
    ([until, earliest, latest]) =>
      `The time ${text(until)} is not between ${utc(earliest)} and ${utc(latest)}.`,
  ),
  SubnetRegistry_NotSlasher: reverted(([caller]) => `Only the Slasher may do this, not ${text(caller)}.`),
  SubnetRegistry_ZeroSlasher: reverted(() => "The Slasher cannot be the zero address."),
  SubnetRegistry_SlasherAlreadySet: reverted(
    ([slasher]) => `The Slasher is ${text(slasher)} and stays so: it is named once.`,
  ),
};

import { coin, type Explain, text, utc } from "./explain-values.ts";

const refused =
  (say: (args: readonly string[]) => string): Explain =>
  (args) => ["TX_REVERTED", say(args.map(text))];

/** One sentence per custom error of CapacityRounds. */
export const capacitySentences: Record<string, Explain> = {
  CapacityRounds_RoundTooEarly: ([opensAt]) => [
    "TX_REVERTED",
    `The next capacity round may open at ${utc(opensAt)}.`,
  ],
  CapacityRounds_RoundNotFound: refused(([round]) => `There is no capacity round ${round}.`),
  CapacityRounds_TooLate: ([deadline]) => ["TX_REVERTED", `The time for this ended at ${utc(deadline)}.`],
  CapacityRounds_TooEarly: ([notBefore]) => ["TX_REVERTED", `This is possible from ${utc(notBefore)}.`],
  CapacityRounds_NotGateway: refused(
    ([subnetId, caller]) => `Only the operator of subnet ${subnetId} posts its roots, not ${caller}.`,
  ),
  CapacityRounds_SubnetInactive: refused(([subnetId]) => `Subnet ${subnetId} is closed.`),
  CapacityRounds_AlreadyPosted: refused(
    ([subnetId, round]) => `Subnet ${subnetId} has posted its root of round ${round}.`,
  ),
  CapacityRounds_NotPosted: refused(
    ([subnetId, round]) => `This is not the root that subnet ${subnetId} posted for round ${round}.`,
  ),
  CapacityRounds_EmptyRoot: refused(
    () => "A root over no node is not posted. Post nothing when no node passed.",
  ),
  CapacityRounds_AlreadyFinal: refused(
    ([subnetId, round]) => `Round ${round} of subnet ${subnetId} was counted before.`,
  ),
  CapacityRounds_WrongAnswer: refused(() => "The answer is not the one that the leaf names."),
  CapacityRounds_WrongSignature: refused(() => "The signature is not the one that the leaf names."),
  CapacityRounds_BadSignature: refused(
    ([nodeId, operator]) => `The answer of node ${nodeId} is not signed by its operator ${operator}.`,
  ),
  CapacityRounds_ClaimNotProvable: refused(
    ([threads, memory]) => `${threads} threads with ${memory} MiB cannot be proven: see docs/CAPACITY.md.`,
  ),
  CapacityRounds_WrongSeed: refused(() => "The answer is to another seed than the round's."),
  CapacityRounds_NotOnOffer: refused(
    ([nodeId, subnetId, openedAt]) =>
      `Node ${nodeId} was not active in subnet ${subnetId} when the round opened, at ${utc(openedAt)}.`,
  ),
  CapacityRounds_AlreadyAnswered: refused(
    ([nodeId, , round]) => `Node ${nodeId} has answered round ${round} on chain.`,
  ),
  CapacityRounds_NoDirectAnswer: refused(
    ([nodeId, , round]) => `No answer of node ${nodeId} to round ${round} waits on chain.`,
  ),
  CapacityRounds_LeafNotFound: refused(
    ([index, count]) => `Leaf ${index} is not the one asked for, or its path does not fit ${count} leaves.`,
  ),
  CapacityRounds_LeafNotUnderRoot: refused(([index]) => `Leaf ${index} is not under the posted root.`),
  CapacityRounds_SumBeyondLeaves: refused(([, sum]) => `The path counts ${sum} points behind the last leaf.`),
  CapacityRounds_LeafRight: refused(([nodeId]) => `The leaf of node ${nodeId} is right.`),
  CapacityRounds_LeafFalse: refused(
    ([nodeId]) => `The leaf of node ${nodeId} is false on the face of it. Prove that instead.`,
  ),
  CapacityRounds_InOrder: refused(([earlier, later]) => `Nodes ${earlier} and ${later} are in order.`),
  CapacityRounds_WrongOrder: refused(
    ([earlier, later]) => `Leaf ${earlier} does not come before leaf ${later}.`,
  ),
  CapacityRounds_LeaseNotCounted: refused(
    ([lid]) => `Lease ${lid} does not show that something was reserved all through the round.`,
  ),
  CapacityRounds_TooManyLeases: refused(([given, max]) => `At most ${max} leases are taken, not ${given}.`),
  CapacityRounds_ClaimFree: refused(([nodeId]) => `Node ${nodeId} had free what it claims.`),
  CapacityRounds_NoSuchSegment: refused(
    ([lane, segment]) => `There is no segment ${segment} of chain ${lane} in this answer.`,
  ),
  CapacityRounds_WrongSegment: refused(
    ([lane, segment]) => `Segment ${segment} of chain ${lane} was not asked for.`,
  ),
  CapacityRounds_WrongPartCount: refused(
    ([expected, given]) => `The opening needs ${expected} parts and has ${given}.`,
  ),
  CapacityRounds_WrongPartSize: refused(([part]) => `Part ${part} of the opening has another size.`),
  CapacityRounds_PartNotUnderRoot: refused(
    ([part]) => `Part ${part} of the opening is not under the root of the answer.`,
  ),
  CapacityRounds_SegmentRight: refused(([lane, segment]) => `Segment ${segment} of chain ${lane} is right.`),
  CapacityRounds_SegmentFalse: refused(([label]) => `Label ${label} of the chain is false.`),
  CapacityRounds_ChallengeNotFound: refused(([challengeId]) => `Challenge ${challengeId} is not open.`),
  CapacityRounds_DemandNotFound: refused(([demandId]) => `Demand ${demandId} is not open.`),
  CapacityRounds_AlreadyDecided: refused(([verdictId]) => `Verdict ${verdictId} was reached before.`),
  CapacityRounds_DepositTooLow: ([sent, required]) => [
    "TX_REVERTED",
    `This takes a deposit of ${coin(required)} ETH at the current price of gas; ${coin(sent)} ETH was sent.`,
  ],
  CapacityRounds_NothingToWithdraw: refused(([account]) => `No deposit waits for ${account}.`),
  CapacityRounds_TransferFailed: ([account, amount]) => [
    "TX_REVERTED",
    `${text(account)} does not take the ${coin(amount)} ETH that it is owed.`,
  ],
};

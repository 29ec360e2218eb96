import type { NodeRounds, RoundResult } from "@fizz/protocol/messages";

const results: Record<RoundResult, string> = {
  convicted: "convicted",
  omitted: "left out",
  void: "root void",
  included: "included",
  answered: "answered on chain",
  // Who is under a root is not on the chain: it may well have passed.
  unknown: "posted",
};

/** What the chain says of a node's capacity rounds, in a few words. */
export function capacityText(rounds: NodeRounds | undefined): string {
  if (rounds === undefined) return "not known";
  const { posted, result, convicted } = rounds;
  const last = posted === null ? "no round yet" : `round ${posted.round}: ${results[result]}`;
  const before = (convicted?.count ?? 0) - (result === "convicted" ? 1 : 0);
  if (before === 0) return last;
  return `${last}, ${before} ${before === 1 ? "conviction" : "convictions"} before`;
}

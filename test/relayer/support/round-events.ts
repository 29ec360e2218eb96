import { numberToHex, zeroAddress } from "viem";
import { type RoundEvent, type RoundEventName } from "../../../relayer/src/domain/node-rounds.ts";
import { blockHash, MIDNIGHT } from "./history-events.ts";

export const FAULT = { falseCapacity: "1", falseRoot: "2", omission: "3" };

interface Place {
  readonly block: number;
  readonly logIndex?: number;
  readonly branch?: number;
}

/** An event of the capacity rounds, in blocks of ten minutes; of subnet 1. */
export function roundEvent(
  event: RoundEventName,
  { block, logIndex = 0, branch = 0 }: Place,
  args: Readonly<Record<string, string>>,
): RoundEvent {
  const txHash = numberToHex(block * 1_000 + logIndex + 1, { size: 32 });
  const at = { block: BigInt(block), blockHash: blockHash(BigInt(block), branch), txHash, logIndex };
  return { event, ...at, time: timeOf(block), args: { subnetId: "1", ...args } };
}

export function timeOf(block: number): number {
  return MIDNIGHT + block * 600;
}

export function postedEvent(
  round: number,
  place: Place,
  changes: Readonly<Record<string, string>> = {},
): RoundEvent {
  const root = numberToHex(round, { size: 32 });
  return roundEvent("RootPosted", place, {
    ...{ round: String(round), root, leafCount: "2", totalPoints: "200" },
    ...changes,
  });
}

export function verdictEvent(
  fault: string,
  about: { readonly nodeId: number; readonly round: number; readonly subnetId?: string },
  place: Place,
): RoundEvent {
  return roundEvent("VerdictReached", place, {
    ...{ verdictId: numberToHex(place.block, { size: 32 }), fault, reporter: zeroAddress },
    ...{ nodeId: String(about.nodeId), round: String(about.round), subnetId: about.subnetId ?? "1" },
  });
}

export function answeredEvent(nodeId: number, round: number, place: Place): RoundEvent {
  const answerHash = numberToHex(nodeId, { size: 32 });
  return roundEvent("AnsweredDirectly", place, { nodeId: String(nodeId), round: String(round), answerHash });
}

export function includedEvent(nodeId: number, round: number, place: Place): RoundEvent {
  return roundEvent("InclusionShown", place, { nodeId: String(nodeId), round: String(round) });
}

export function finalisedEvent(round: number, place: Place, points = 180): RoundEvent {
  const words = { round: String(round), points: String(points), secondsCounted: "3600" };
  return roundEvent("RoundFinalised", place, words);
}

import { type HistoryEventName } from "@fizz/protocol/messages";
import { type Address, type Hex, numberToHex, zeroAddress } from "viem";
import { type MarketEvent } from "../../../relayer/src/domain/lease-fold.ts";
import { MARKET } from "./builders.ts";

export const DAY = 86_400;
/** 2026-11-01, a midnight. */
export const MIDNIGHT = 20_758 * DAY;
export const TENANT: Address = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

/** Hash of a block: its number, and which branch it is on. */
export function blockHash(number: bigint, branch = 0): Hex {
  return numberToHex(number + (BigInt(branch) << 200n) + (1n << 248n), { size: 32 });
}

/** An event in a block, one every ten minutes. */
export function marketEvent(
  event: HistoryEventName,
  place: {
    readonly block: bigint;
    readonly logIndex?: number;
    readonly branch?: number;
    readonly time?: number;
  },
  args: Readonly<Record<string, string>>,
): MarketEvent {
  const { block, logIndex = 0, branch = 0, time = MIDNIGHT + Number(block) * 600 } = place;
  const txHash = numberToHex((block << 32n) + BigInt(logIndex) + (BigInt(branch) << 200n), { size: 32 });
  return { event, args, block, logIndex, time, txHash, blockHash: blockHash(block, branch) };
}

type Place = Parameters<typeof marketEvent>[1];

export function openedEvent(
  lid: number,
  place: Place,
  changes: Readonly<Record<string, string>> = {},
): MarketEvent {
  return marketEvent("LeaseOpened", place, {
    lid: String(lid),
    nodeId: "1",
    tenant: TENANT,
    subnetId: "1",
    leaseHash: numberToHex(lid + 1_000_000, { size: 32 }),
    manifestHash: numberToHex(2, { size: 32 }),
    quoteHash: numberToHex(3, { size: 32 }),
    token: zeroAddress,
    ratePerSecond: "1000000000000",
    locked: "1000",
    startDeadline: "1",
    ...changes,
  });
}

export function startedEvent(lid: number, place: Place): MarketEvent {
  return marketEvent("LeaseStarted", place, { lid: String(lid), nodeId: "1", startedAt: "77" });
}

export function settledEvent(lid: number, place: Place, paid = 100): MarketEvent {
  const [toSubnet, toProtocol] = [paid / 10, paid / 20];
  return marketEvent("LeaseSettled", place, {
    lid: String(lid),
    paid: String(paid),
    toNode: String(paid - toSubnet - toProtocol),
    toSubnet: String(toSubnet),
    toProtocol: String(toProtocol),
  });
}

export function closedEvent(lid: number, place: Place, refunded: number): MarketEvent {
  return marketEvent("LeaseClosed", place, {
    ...{ lid: String(lid), nodeId: "1", tenant: TENANT, reason: "1", refunded: String(refunded) },
  });
}

/** Where a history begins that tests write. */
export const ORIGIN = {
  chainId: 31_337,
  market: MARKET,
  after: { number: 0n, hash: blockHash(0n), time: MIDNIGHT },
};

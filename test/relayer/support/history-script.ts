import { type HistoryBatch } from "../../../relayer/src/history-ports.ts";
import { type MarketEvent } from "../../../relayer/src/domain/lease-fold.ts";
import { Random } from "../../support/fuzz/random.ts";
import { blockHash, MIDNIGHT, openedEvent, ORIGIN, settledEvent, startedEvent } from "./history-events.ts";

export const HISTORY_BATCHES = 60;
const BLOCKS = 10;
const EVENTS_PER_BLOCK = 20;
/** A batch in so many takes blocks back before it goes on. */
const FORK_EVERY = 5;
const MAX_TAKEN_BACK = 15;

/** What is written one after the other: new leases, what happens to those of before, and reorganisations. */
export function historyScript(seed: number): HistoryBatch[] {
  const random = new Random(seed);
  const batches: HistoryBatch[] = [];
  let at: HistoryBatch["expected"] = ORIGIN.after;
  const known = [at];
  let [branch, lid] = [0, 0];
  for (let count = 1; count <= HISTORY_BATCHES; count += 1) {
    const back = count % FORK_EVERY === 0 ? random.below(Math.min(MAX_TAKEN_BACK, known.length - 1)) + 1 : 0;
    if (back > 0) branch += 1;
    known.length -= back;
    const fork = known.at(-1) ?? ORIGIN.after;
    const events: MarketEvent[] = [];
    const blocks = Array.from({ length: BLOCKS }, (_, step) => {
      const block = fork.number + BigInt(step) + 1n;
      for (let logIndex = 0; logIndex < EVENTS_PER_BLOCK; logIndex += 1) {
        const place = { block, logIndex, branch };
        if (random.below(4) === 0) events.push(openedEvent((lid += 1), place, { locked: "1000000" }));
        else if (random.below(2) === 0) events.push(startedEvent(random.below(lid) + 1, place));
        else events.push(settledEvent(random.below(lid) + 1, place, 20 * (random.below(9) + 1)));
      }
      return { number: block, hash: blockHash(block, branch), time: MIDNIGHT + Number(block) * 600 };
    });
    known.push(...blocks);
    const last = blocks.at(-1) ?? fork;
    batches.push({ expected: at, fork, blocks, events, head: last.number });
    at = last;
  }
  return batches;
}

import { expect } from "chai";
import { nextStep, type SlotFacts, type SlotStep } from "../../../relayer/src/domain/slot-rules.ts";

const INIT = { depth: 2n, bumpBlocks: 3n };
const BASE: SlotFacts = {
  nonce: 5,
  head: 10n,
  minedIn: undefined,
  wasMined: false,
  count: 5,
  confirmedCount: 5,
  isKnown: true,
  waitsSince: 10n,
};

const rows: readonly (readonly [string, Partial<SlotFacts>, SlotStep])[] = [
  ["in a block that may still go", { minedIn: 9n }, "note"],
  ["in a block at depth", { minedIn: 8n }, "settle"],
  ["no more in a block that it was in", { wasMined: true }, "lost"],
  ["no more in a block, though the number is used", { wasMined: true, count: 6, confirmedCount: 6 }, "lost"],
  ["used by another, not at depth", { count: 6 }, "wait"],
  ["used by another, not at depth, for long", { count: 6, waitsSince: 1n, isKnown: false }, "wait"],
  ["used by another for good", { count: 6, confirmedCount: 6 }, "release"],
  ["known and young", { waitsSince: 8n }, "wait"],
  ["not known", { isKnown: false, waitsSince: 8n }, "resend"],
  ["waiting too long", { waitsSince: 7n }, "replace"],
  ["waiting long behind another", { waitsSince: 7n, count: 4 }, "wait"],
  ["lost behind another", { waitsSince: 7n, count: 4, isKnown: false }, "resend"],
  ["waiting too long and not known", { waitsSince: 7n, isKnown: false }, "replace"],
];

describe("a number of the gateway's key", () => {
  for (const [what, facts, step] of rows)
    it(`${what}: ${step}`, () => {
      expect(nextStep({ ...BASE, ...facts }, INIT)).to.equal(step);
    });
});

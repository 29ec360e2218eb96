import { expect } from "chai";
import {
  MISSING_LEASE_BLOCKS,
  standingOf,
  type StandingInput,
} from "../../../relayer/src/domain/lease-standing.ts";
import { hash, leaseFacts } from "../support/builders.ts";

describe("standingOf", () => {
  const closed = leaseFacts({ state: "closed" });
  const other = leaseFacts({ leaseHash: hash(0x99) });
  const cases: readonly (readonly [string, Partial<StandingInput>, string])[] = [
    ["waits while the lease is open", { head: leaseFacts({ state: "open" }) }, "open"],
    ["serves an active lease", { head: leaseFacts() }, "running"],
    ["serves a lease that is being reclaimed", { head: leaseFacts({ state: "reclaiming" }) }, "running"],
    ["does not end on a close that is not confirmed", { head: closed, confirmed: leaseFacts() }, "ending"],
    ["does not end on a close of a lease that depth does not know", { head: closed }, "ending"],
    ["ends when depth says closed", { head: closed, confirmed: closed }, "over"],
    ["keeps a lease that just vanished from the head", { head: undefined, missingBlocks: 0n }, "ending"],
    ["keeps it as long as depth has it", { confirmed: leaseFacts(), missingBlocks: 1_000n }, "ending"],
    ["ends when it stayed away from both", { missingBlocks: MISSING_LEASE_BLOCKS }, "over"],
    ["takes another lease under the number as not there", { head: other, confirmed: other }, "ending"],
    [
      "ends when the number stays with another lease",
      { head: other, confirmed: other, missingBlocks: MISSING_LEASE_BLOCKS },
      "over",
    ],
  ];
  for (const [name, changes, expected] of cases)
    it(name, () => {
      const input = {
        leaseHash: hash(0xaa),
        head: undefined,
        confirmed: undefined,
        missingBlocks: 0n,
        ...changes,
      };
      expect(standingOf(input)).to.equal(expected);
    });
});

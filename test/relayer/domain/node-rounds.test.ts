import { type NodeRounds } from "@fizz/protocol/messages";
import { expect } from "chai";
import { isSameOfNode, type RoundEvent, RoundsRecord } from "../../../relayer/src/domain/node-rounds.ts";
import {
  answeredEvent,
  FAULT,
  finalisedEvent,
  includedEvent,
  postedEvent,
  timeOf,
  verdictEvent,
} from "../support/round-events.ts";

const NODE = 7;

describe("what the chain says of a node's capacity rounds", () => {
  it("is unknown while nothing was posted, and after a root that says nothing of single nodes", () => {
    expect(told([])).to.deep.equal({
      ...{ since: 0, posted: null, result: "unknown", convicted: null, answered: null, finalised: null },
    });
    const { posted, result } = told([postedEvent(3, { block: 5 })]);
    expect(posted).to.deep.equal({ round: 3, at: timeOf(5) * 1_000, nodes: 2, points: 200n });
    expect(result).to.equal("unknown");
  });

  it("names the newest round that was posted and the newest that was counted, in whatever order", () => {
    const events = [
      postedEvent(3, { block: 5 }),
      postedEvent(4, { block: 11 }),
      finalisedEvent(4, { block: 200 }, 90),
      finalisedEvent(3, { block: 201 }),
    ];
    const { posted, finalised } = told(events);
    expect(posted?.round).to.equal(4);
    expect(finalised).to.deep.equal({
      ...{ round: 4, at: timeOf(200) * 1_000, points: 90n, secondsCounted: 3_600 },
    });
  });

  it("is convicted of false capacity: in that round, and ever after as a conviction", () => {
    const first = [postedEvent(3, { block: 5 }), convicts(3, 6)];
    expect(told(first)).to.deep.include({
      ...{ result: "convicted", convicted: { count: 1, round: 3, subnetId: 1, at: timeOf(6) * 1_000 } },
    });
    const later = told([
      ...first,
      postedEvent(4, { block: 11 }),
      convicts(4, 12),
      postedEvent(5, { block: 17 }),
    ]);
    expect(later.result, "of round 5 nothing is said").to.equal("unknown");
    expect(later.convicted).to.deep.include({ count: 2, round: 4 });
    expect(told(first, NODE + 1)).to.deep.include({ result: "unknown", convicted: null });
  });

  it("counts a conviction in another subnet, and nothing else from there", () => {
    const elsewhere = { subnetId: "9" };
    const events = [
      postedEvent(3, { block: 5 }),
      postedEvent(4, { block: 6 }, elsewhere),
      verdictEvent(FAULT.falseCapacity, { nodeId: NODE, round: 3, ...elsewhere }, { block: 7 }),
      verdictEvent(FAULT.falseRoot, { nodeId: 0, round: 3, ...elsewhere }, { block: 8 }),
    ];
    const { posted, result, convicted } = told(events);
    expect(posted?.round).to.equal(3);
    expect(result).to.equal("unknown");
    expect(convicted).to.deep.include({ round: 3, subnetId: 9 });
  });

  for (const [what, fault, result] of [
    ["a false root", FAULT.falseRoot, "void"],
    ["an omission", FAULT.omission, "omitted"],
  ] as const)
    it(`is not convicted by ${what} that names it: that is the gateway's fault`, () => {
      const events = [
        answeredEvent(NODE, 3, { block: 4 }),
        postedEvent(3, { block: 5 }),
        verdictEvent(fault, { nodeId: NODE, round: 3 }, { block: 50 }),
      ];
      expect(told(events)).to.deep.include({ result, convicted: null });
    });

  it("follows an answer on chain: open, then included or omitted", () => {
    const events = [answeredEvent(NODE, 3, { block: 4 }), postedEvent(3, { block: 5 })];
    const answer = { round: 3, at: timeOf(4) * 1_000 };
    expect(told(events)).to.deep.include({ result: "answered", answered: { ...answer, outcome: "open" } });
    const included = [...events, includedEvent(NODE, 3, { block: 6 })];
    expect(told(included)).to.deep.include({
      ...{ result: "included", answered: { ...answer, outcome: "included" } },
    });
    const omitted = [...events, verdictEvent(FAULT.omission, { nodeId: NODE, round: 3 }, { block: 60 })];
    expect(told(omitted)).to.deep.include({
      ...{ result: "omitted", answered: { ...answer, outcome: "omitted" } },
    });
    const next = told([...included, answeredEvent(NODE, 4, { block: 10 })]);
    expect(next.result, "of the last posted round").to.equal("included");
    expect(next.answered).to.deep.include({ round: 4, outcome: "open" });
  });

  it("puts what weighs more first", () => {
    const events = [
      answeredEvent(NODE, 3, { block: 4 }),
      postedEvent(3, { block: 5 }),
      includedEvent(NODE, 3, { block: 6 }),
      verdictEvent(FAULT.falseRoot, { nodeId: 0, round: 3 }, { block: 7 }),
    ];
    expect(told(events).result).to.equal("void");
    expect(told([...events, convicts(3, 8)]).result).to.equal("convicted");
  });

  it("stays the same object while nothing else is to be said", () => {
    const events = [postedEvent(3, { block: 5 }), convicts(3, 6)];
    const before = recordOf(events);
    const [plain, own] = [before.of(1n), before.of(BigInt(NODE))];
    expect(before.of(2n)).to.equal(plain);
    const other = verdictEvent(FAULT.falseCapacity, { nodeId: 8, round: 3 }, { block: 7 });
    const after = recordOf([...events, other]);
    after.keepFrom(before);
    expect(after.of(1n)).to.equal(plain);
    expect(after.of(BigInt(NODE))).to.equal(own);
    expect(isSameOfNode(after.of(8n), before.of(8n))).to.equal(false);
    const next = recordOf([...events, postedEvent(4, { block: 11 })]);
    next.keepFrom(before);
    expect(next.of(1n)).not.to.equal(plain);
    expect(isSameOfNode(next.of(1n), plain), "said of all alike").to.equal(true);
  });

  function told(events: readonly RoundEvent[], nodeId = NODE): NodeRounds {
    return recordOf(events).of(BigInt(nodeId));
  }

  function recordOf(events: readonly RoundEvent[]): RoundsRecord {
    return new RoundsRecord(events, { subnetId: 1, since: 0 });
  }

  function convicts(round: number, block: number): RoundEvent {
    return verdictEvent(FAULT.falseCapacity, { nodeId: NODE, round }, { block });
  }
});

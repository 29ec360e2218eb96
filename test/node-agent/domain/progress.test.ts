import { expect } from "chai";
import { type Action } from "../../../node-agent/src/domain/plan-facts.ts";
import { lookAgainMs, workOf } from "../../../node-agent/src/domain/progress.ts";
import { observed } from "../support/builders.ts";

const start = (id: string): Action => ({ type: "start", container: observed({ id }) });

describe("work that is asked for again", () => {
  it("is told from other work by what is done, and with what; waiting is none", () => {
    const update = { type: "confirm-update", manifestHash: "0x01" } as const;
    const plans: readonly (readonly Action[])[] = [
      [],
      [start("one")],
      [start("two")],
      [start("one"), start("two")],
      [{ type: "stop", container: observed({ id: "one" }) }],
      [{ ...update, version: 2 }],
      [{ ...update, version: 3 }],
      [{ type: "confirm-start" }],
    ];
    expect(new Set(plans.map((plan) => workOf(plan))).size).to.equal(plans.length);
    expect(workOf([{ type: "wait", ms: 5 }, start("one")])).to.equal(workOf([start("one")]));
    expect(workOf([{ type: "tear-down", why: "closed" }])).to.equal("");
  });

  it("is looked after at once the first time, then ever later, up to half a minute", () => {
    expect([0, 1, 2, 3, 20].map((repeats) => lookAgainMs(repeats, 1))).to.deep.equal([
      0, 500, 1_000, 2_000, 30_000,
    ]);
  });
});

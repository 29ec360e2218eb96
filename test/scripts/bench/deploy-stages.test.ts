import { expect } from "chai";
import { FIRST_ANSWER, stagesOf } from "../../../bench/lib/deploy/stages.ts";

const CONFIRM = "apart: from confirmStart to its block, s";
const events = [
  { code: "manifest.accepted", at: 2_100 },
  { code: "doors.opened", at: 2_200 },
  { code: "image.pulled", at: 2_250 },
  { code: "container.created", at: 2_400 },
  { code: "container.started", at: 2_900 },
  { code: "network.applied", at: 3_000 },
] as const;
const seen = { openSent: 1_000, opened: 2_000, confirmed: 4_500, firstAnswer: 4_600 };

describe("the parts of a lease's start", () => {
  it("add up to the time to the first answer, the waits for blocks apart", () => {
    const stages = stagesOf(seen, events);
    expect(stages[FIRST_ANSWER]).to.equal(1.1);
    expect(stages[CONFIRM]).to.equal(1.5);
    const parts = Object.entries(stages).filter(
      ([title]) => title !== FIRST_ANSWER && !title.startsWith("apart"),
    );
    expect(parts.reduce((sum, [, seconds]) => sum + seconds, 0)).to.be.closeTo(1.1, 1e-9);
  });

  it("take off no wait that the first answer did not have to take", () => {
    expect(stagesOf({ ...seen, firstAnswer: 2_950 }, events)[FIRST_ANSWER]).to.equal(0.95);
    expect(stagesOf({ ...seen, firstAnswer: 3_400 }, events)[FIRST_ANSWER]).to.equal(1);
  });

  it("leave out what no event tells", () => {
    const stages = stagesOf(seen, events.slice(0, 2));
    expect(stages).to.not.have.property(CONFIRM);
    expect(stages[FIRST_ANSWER]).to.equal(2.6);
  });
});

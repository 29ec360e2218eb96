import { expect } from "chai";
import {
  crowdedPhasesOf,
  life,
  phasesOf,
  sealVersions,
  type Versions,
} from "../node-agent/support/crash/phases.ts";

const SIDES = ["before", "after"] as const;
/** Second kills are tried at every crossing of a recovery from each of these first ones. */
const SECOND_KILLS_EVERY = 20;

describe("an agent that is killed while an update has no room for both versions", function () {
  this.timeout(600_000);
  let versions: Versions;
  before(async () => {
    versions = await sealVersions();
  });
  const [[, start]] = phasesOf(() => versions);

  for (const [name, phase] of crowdedPhasesOf(() => versions)) {
    it(`at any step of a ${name}, on both sides, ends up where one does that was not`, async () => {
      const { end, crossings } = await life([phase, start], []);
      for (let at = 1; at <= crossings.length; at += 1)
        for (const side of SIDES) {
          const killed = await life([phase, start], [{ at, side }]);
          expect(killed.end, `killed ${side} ${crossings[at - 1] ?? ""}, crossing ${at}`).to.deep.equal(end);
        }
    });

    it(`and again at any step of its recovery from a kill during a ${name}`, async () => {
      const { end, crossings } = await life([phase, start], []);
      for (let first = 1; first <= crossings.length; first += SECOND_KILLS_EVERY)
        for (let second = 1, isKilled = true; isKilled; second += 1) {
          const points = [
            { at: first, side: "after" },
            { at: second, side: "before" },
          ] as const;
          const killed = await life([phase, start], points);
          expect(killed.end, `killed at ${first}, then at ${second}`).to.deep.equal(end);
          isKilled = killed.kills === 2 && second < crossings.length;
        }
    });
  }
});

import { expect } from "chai";
import { crowdedPhasesOf, life, phasesOf, sealVersions, type Versions } from "../support/crash/phases.ts";

const SIDES = ["before", "after"] as const;
/** Second kills are tried at every crossing of a recovery from each of these first ones. */
const SECOND_KILLS_EVERY = 40;

describe("an agent that is killed", function () {
  this.timeout(120_000);
  let versions: Versions;
  before(async () => {
    versions = await sealVersions();
  });
  const phases = phasesOf(() => versions);
  const [[, start]] = phases;

  for (const [index, [name, phase]] of phases.entries()) {
    const before = phases.slice(0, index).map(([, earlier]) => earlier);

    it(`at any step of a ${name}, before or after its effect, ends up where one does that was not`, async () => {
      const { end, crossings } = await life([phase, ...before], []);
      expect(crossings.length).to.be.greaterThan(10);
      for (let at = 1; at <= crossings.length; at += 1)
        for (const side of SIDES) {
          const killed = await life([phase, ...before], [{ at, side }]);
          expect(killed.end, `killed ${side} ${crossings[at - 1] ?? ""}, crossing ${at}`).to.deep.equal(end);
        }
    });

    it(`and again at any step of its recovery from a kill during a ${name}`, async () => {
      const { end, crossings } = await life([phase, ...before], []);
      for (let first = 1; first <= crossings.length; first += SECOND_KILLS_EVERY)
        for (let second = 1, isKilled = true; isKilled; second += 1) {
          const points = [
            { at: first, side: "after" },
            { at: second, side: "before" },
          ] as const;
          const killed = await life([phase, ...before], points);
          expect(killed.end, `killed at ${first}, then at ${second}`).to.deep.equal(end);
          isKilled = killed.kills === 2 && second < crossings.length;
        }
    });
  }

  for (const [name, phase] of crowdedPhasesOf(() => versions))
    it(`at any step of a ${name}, ends up where one does that was not, and never runs both`, async () => {
      const { end, crossings } = await life([phase, start], []);
      expect([crossings.length > 10, end.isWithinRoom]).to.deep.equal([true, true]);
      expect(end.events.filter((text) => text.startsWith("container.parked"))).to.have.length(1);
      // On both sides of each, and twice: test/deep/kill-stop-first.test.ts.
      for (let at = 1; at <= crossings.length; at += 2) {
        const side = SIDES[Math.floor(at / 2) % 2] ?? "before";
        const killed = await life([phase, start], [{ at, side }]);
        expect(killed.end, `killed ${side} ${crossings[at - 1] ?? ""}, crossing ${at}`).to.deep.equal(end);
      }
    });

  it("in the middle of a create, with no more made than the sandbox, makes the container once and all else as ever", async () => {
    const { end, crossings } = await life([start], []);
    const creates = crossings.flatMap((name, index) => (name === "engine.create" ? [index + 1] : []));
    expect(creates).to.have.length(2);
    for (const at of creates) {
      const killed = await life([start], [{ at, side: "after" }], ({ machine }) => {
        machine.removeAllButSandbox([...machine.containers.keys()].at(-1) ?? "");
      });
      const { counts } = end;
      expect(killed.end).to.deep.equal({ ...end, counts: { ...counts, created: counts.created + 1 } });
    }
  });
});

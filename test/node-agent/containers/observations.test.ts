import { expect } from "chai";
import type { ContainerInspectInfo } from "dockerode";
import { Observations } from "../../../node-agent/src/containers/observe.ts";

describe("Observations", () => {
  const [some, others] = [infoOf("a"), infoOf("b")];
  const init = { isRequired: true, disk: new Map<string, number>() };

  it("are the very same while the engine tells the very same", () => {
    const observations = new Observations();
    const first = observations.of([some, others], init);
    expect(observations.of([some, others], { ...init })).to.equal(first);
  });

  it("are made again when anything else is told", () => {
    const observations = new Observations();
    let last = observations.of([some], init);
    for (const [found, changes] of [
      [[some, others], {}],
      [[others, some], {}],
      [[others], {}],
      [[infoOf("b")], {}],
      [[], {}],
      [[], { isRequired: false }],
      [[], { isRequired: false, disk: new Map() }],
    ] as const) {
      const next = observations.of(found, { ...init, ...changes });
      expect(next).to.not.equal(last);
      last = next;
    }
  });

  /** A container that is nobody's. */
  function infoOf(id: string): ContainerInspectInfo {
    return { Id: id, Config: { Labels: {} } } as ContainerInspectInfo;
  }
});

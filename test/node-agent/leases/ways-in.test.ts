import { expect } from "chai";
import { type HealthState } from "../../../node-agent/src/domain/health.ts";
import { DeploymentDesk } from "../../../node-agent/src/leases/deployment-desk.ts";
import { HeldManifests } from "../../../node-agent/src/leases/held-manifests.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { codeOf } from "../../support/code-of.ts";
import { agentWorld } from "../support/agent-world.ts";
import { hashOf, observed } from "../support/builders.ts";

const LEASE = hashOf("lease");
const TARGET = { leaseHash: LEASE, service: "web", replica: 0, port: 8080 };
const NOBODY: ReadonlySet<string> = new Set();

describe("the ways into a container", () => {
  it("lead the public to one that is healthy, not checked, or not known, and to no other", async () => {
    for (const [state, code] of [
      [undefined, undefined],
      ["healthy", undefined],
      ["starting", "SERVICE_UNREACHABLE"],
      ["unhealthy", "SERVICE_UNREACHABLE"],
    ] as const) {
      const { desk } = await setup(state);
      const way = desk.locate(TARGET, "tcp");
      if (code === undefined) expect(await way).to.include({ host: "172.18.0.2", port: 8080 });
      else expect(await codeOf(way)).to.equal(code);
    }
  });

  it("lead its tenant to it all the same", async () => {
    const { desk } = await setup("unhealthy");
    expect(await desk.locatePrivate(TARGET)).to.include({ host: "172.18.0.2", port: 8080 });
  });

  it("are counted until they are left", async () => {
    const { desk, traffic } = await setup(undefined);
    const way = await desk.locate(TARGET, "tcp");
    const open = () =>
      traffic.look(LEASE, { current: NOBODY, standIns: NOBODY, leaving: new Set(["c1"]) })["c1"]?.connections;
    expect(open()).to.equal(1);
    way.leave?.();
    expect(open()).to.equal(0);
  });

  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function setup(state: HealthState | undefined) {
    const { chain, engine, store, journal, stopAll } = await agentWorld({ state: "active" }, 400);
    stops.push(stopAll);
    const traffic = new Traffic({ clock, onIdle: () => undefined });
    const desk = new DeploymentDesk({
      ...{ chain, engine, store, journal, clock, traffic, manifests: new HeldManifests() },
      containers: () => [observed()],
      health: { stateOf: () => state },
    });
    return { desk, traffic };
  }
});

import { expect } from "chai";
import { rolesOf } from "../../../node-agent/src/domain/container-roles.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const LEASE = hashOf("lease");
const V2 = hashOf("manifest 2");
const WEB = { service: "web", replica: 0 };
const held = (version: number, digests: readonly string[]) => ({
  version,
  manifestHash: version === 1 ? hashOf("manifest") : V2,
  desired: digests.map((digest) => ({ digest, spec: containerSpec({ version }) })),
  failure: undefined,
});
const old = observed({ id: "old", digest: "d1" });
const fresh = observed({ id: "new", digest: "d2", version: 2 });
const pending = { version: 2, manifestHash: V2, resources: 0n, expiresAt: 1_000 };
const before = leaseRecord({ pending });
const after = leaseRecord({ version: 2, manifestHash: V2 });

describe("Traffic", () => {
  it("goes to the old container until the chain has the new version, and to the new one from then on", () => {
    const { traffic, look } = setup();
    look(before);
    expect(traffic.choose(LEASE, [old, fresh], WEB)?.id).to.equal("old");
    look(after);
    expect(traffic.choose(LEASE, [old, fresh], WEB)?.id).to.equal("new");
    look(before);
    expect(traffic.choose(LEASE, [old, fresh], WEB)?.id).to.equal("old");
  });

  it("goes back to a container that is to go while the new one does not run", () => {
    const { traffic, look } = setup();
    look(after);
    const ended = observed({ ...fresh, state: "exited" });
    expect(traffic.choose(LEASE, [old, ended], WEB)?.id).to.equal("old");
  });

  it("never goes to a replica that the chain does not have yet", () => {
    const { traffic, look } = setup();
    const second = observed({ id: "second", digest: "d2", replica: 1 });
    look(before, [old, second]);
    expect(traffic.choose(LEASE, [old, second], { service: "web", replica: 1 })).to.equal(undefined);
  });

  it("goes to whatever runs while nothing is known of the lease", () => {
    const { traffic } = setup();
    expect(traffic.choose(LEASE, [old, fresh], WEB)?.id).to.equal("old");
    expect(rolesOf({ containers: [old], head: leaseRecord(), held: [] })).to.equal(undefined);
  });

  it("tells what a container that is to go still has, since when, and when it has nothing", () => {
    const { traffic, look, idle, clock } = setup();
    look(before);
    const [leave, leaveToo] = [traffic.enter("old"), traffic.enter("old")];
    const leaveNew = traffic.enter("new");
    expect(look(after)).to.deep.equal({ old: { since: 1_000, connections: 2 } });
    clock.time = 2_000;
    leave();
    leave();
    leaveNew();
    expect(look(after)).to.deep.equal({ old: { since: 1_000, connections: 1 } });
    expect(idle).to.have.length(0);
    leaveToo();
    expect(idle).to.have.length(1);
    expect(look(after)).to.deep.equal({ old: { since: 1_000, connections: 0 } });
  });

  function setup() {
    const clock = { time: 1_000, now: () => clock.time };
    const idle: true[] = [];
    const traffic = new Traffic({ clock, onIdle: () => idle.push(true) });
    const look = (head: typeof before, containers = [old, fresh]) => {
      const roles = rolesOf({ containers, head, held: [held(1, ["d1"]), held(2, ["d2"])] });
      return roles === undefined ? undefined : traffic.look(LEASE, roles);
    };
    return { traffic, look, idle, clock };
  }
});

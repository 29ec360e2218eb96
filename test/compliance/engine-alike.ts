import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type Hex } from "viem";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { containerSpec } from "../node-agent/support/builders.ts";
import { type EngineAbility, type EnginePair } from "./engine-confinement.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);
const VOLUME = { name: "data", path: "/data", readOnly: false, persistent: false };

export interface AlikeInit {
  readonly lacks: readonly EngineAbility[];
  readonly pair: () => EnginePair;
  /** Of a lease that is to be removed after the test. */
  readonly newLease: () => Hex;
}

/** The part of the engine's suite that is about leases of one manifest: their containers differ in nothing but the lease. */
export function testAlike({ pair, newLease, lacks }: AlikeInit): void {
  const withSandbox = lacks.includes("sandbox") ? it.skip : it;

  it("removes a container and its volumes, and nothing of another lease whose spec is the same", async () => {
    const [one, other] = await two();
    for (const lease of [one, other]) await pair().own.start((await find(lease)).id, signal());
    const before = await find(other);
    await pair().own.remove((await find(one)).id, signal());
    expect(await all(one)).to.deep.equal([]);
    expect(await find(other)).to.deep.equal(before);
  });

  withSandbox("tells of a network that waits, also where another lease has the same spec", async () => {
    const [one, other] = await two();
    await pair().machine.removeAllButSandbox((await find(one)).id);
    expect((await find(one)).sandbox).to.equal("alone");
    expect((await find(other)).sandbox).to.equal("whole");
  });

  async function two(): Promise<[Hex, Hex]> {
    const digest = randomBytes(32).toString("hex");
    const leases: [Hex, Hex] = [newLease(), newLease()];
    const spec = { command: ["/bin/sh", "-c", "sleep 1000"], volumes: [VOLUME] };
    for (const leaseHash of leases)
      await pair().own.create(containerSpec({ ...spec, leaseHash }), digest, signal());
    return leases;
  }

  async function all(lease: Hex): Promise<ObservedContainer[]> {
    return (await pair().own.observe(signal())).filter(({ leaseHash }) => leaseHash === lease);
  }

  async function find(lease: Hex): Promise<ObservedContainer> {
    const [found] = await all(lease);
    if (found === undefined) throw new Error("the container is not there");
    return found;
  }
}

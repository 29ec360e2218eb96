import { expect } from "chai";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../node-agent/src/domain/workload.ts";
import { type Engine } from "../../node-agent/src/ports.ts";
import { codeOf } from "../support/code-of.ts";

/** Two nodes on one machine. */
export interface EnginePair {
  readonly own: Engine;
  readonly other: Engine;
  readonly machine: Breakage;
}

/** What may happen to containers behind the agent's back. Each by the id of a tenant's container. */
export interface Breakage {
  endSandbox(id: string): unknown;
  removeSandbox(id: string): unknown;
  /** As an agent leaves it that ends in the middle of `create`. */
  removeAllButSandbox(id: string): unknown;
  /** Writes that many bytes into the container's layer. */
  fillDisk(id: string, bytes: number): unknown;
}

/** What an adapter may be without; docs/SWARM.md says which is, and why. */
export type EngineAbility = "sandbox" | "resize";

export interface ConfinementInit {
  readonly lacks: readonly EngineAbility[];
  readonly pair: () => EnginePair;
  readonly created: (script: string) => Promise<{
    readonly spec: ContainerSpec;
    readonly digest: string;
    readonly find: () => Promise<ObservedContainer>;
    readonly start: () => Promise<void>;
  }>;
}

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

/** The part of the engine's suite that is about what holds containers: their networks and their disks. */
export function testConfinement({ pair, created, lacks }: ConfinementInit): void {
  const withSandbox = lacks.includes("sandbox") ? it.skip : it;

  withSandbox("tells when the network of a container has ended, and starts both again", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const { id, sandbox, startedAt } = await find();
    expect(sandbox).to.equal("whole");
    await pair().machine.endSandbox(id);
    expect(await find()).to.deep.include({ state: "running", sandbox: "stale", address: null });
    await pair().own.stop(id, 0, signal());
    expect(await find()).to.deep.include({ state: "exited", sandbox: "whole" });
    await start();
    const again = await find();
    expect(again).to.deep.include({ id, state: "running", sandbox: "whole" });
    expect(again.address).to.match(/^[0-9.]+$/);
    expect(again.startedAt).to.be.greaterThan(startedAt ?? Number.MAX_VALUE);
  });

  withSandbox(
    "tells when a container has no network to join, starts it never, and makes it anew",
    async () => {
      const { spec, digest, find, start } = await created("sleep 1000");
      const { id } = await find();
      await pair().machine.removeSandbox(id);
      expect((await find()).sandbox).to.equal("missing");
      expect(await codeOf(start())).to.equal("ENGINE_FAILED");
      expect((await find()).state).to.equal("created");
      await pair().own.remove(id, signal());
      await pair().own.create(spec, digest, signal());
      await start();
      expect(await find()).to.deep.include({ state: "running", sandbox: "whole" });
    },
  );

  withSandbox(
    "takes up a network that waits for its container, and removes one that waits in vain",
    async () => {
      const { spec, digest, find, start } = await created("sleep 1000");
      await pair().machine.removeAllButSandbox((await find()).id);
      const waiting = await find();
      expect(waiting).to.deep.include({ state: "created", sandbox: "alone", leaseHash: spec.leaseHash });
      await pair().own.create(spec, digest, signal());
      await start();
      expect(await find()).to.deep.include({ state: "running", sandbox: "whole" });
      await pair().machine.removeAllButSandbox((await find()).id);
      await pair().own.remove((await find()).id, signal());
      const all = await pair().own.observe(signal());
      expect(all.filter(({ leaseHash }) => leaseHash === spec.leaseHash)).to.deep.equal([]);
    },
  );

  it("tells what a container has on disk, once that is measured", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const { id, diskBytes } = await find();
    expect(diskBytes).to.equal(null);
    await pair().own.measureDisk(signal());
    expect((await find()).diskBytes).to.be.within(0, 100_000);
    await pair().machine.fillDisk(id, 1_000_000);
    await pair().own.measureDisk(signal());
    expect((await find()).diskBytes).to.be.within(1_000_000, 1_200_000);
  });
}

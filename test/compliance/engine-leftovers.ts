import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type Hex } from "viem";
import { type Engine } from "../../node-agent/src/ports.ts";
import { type Leftovers } from "../../node-agent/src/uninstall-ports.ts";
import { containerSpec } from "../node-agent/support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

export interface LeftoversPair {
  readonly engine: Engine;
  readonly own: Pick<Leftovers, "list">;
  readonly other: Pick<Leftovers, "list">;
}

/** What every adapter of the Leftovers port must tell, of what an Engine has made for the same node. */
export function testLeftovers(pair: () => LeftoversPair): void {
  it("tells what a lease has when its container is gone, to its own node only, until the lease is removed", async () => {
    const leaseHash: Hex = `0x${randomBytes(32).toString("hex")}`;
    const volumes = [{ name: "data", path: "/data", readOnly: false, persistent: true }];
    const { engine, own, other } = pair();
    const of = async (source: Pick<Leftovers, "list">) => {
      const all = (await source.list(signal())).filter((one) => one.leaseHash === leaseHash);
      return all.map(({ kind, lid }) => ({ kind, lid }));
    };
    await engine.create(containerSpec({ leaseHash, lid: 9n, volumes }), leaseHash.slice(2), signal());
    try {
      const kinds = (await of(own)).map(({ kind }) => kind);
      expect(kinds).to.include.members(["container", "network", "volume"]);
      for (const { id, leaseHash: lease } of await engine.observe(signal()))
        if (lease === leaseHash) await engine.remove(id, signal());
      expect(await of(own)).to.deep.equal([
        { kind: "network", lid: 9n },
        { kind: "volume", lid: 9n },
      ]);
      expect(await of(other)).to.deep.equal([]);
    } finally {
      await engine.removeLease(leaseHash, signal());
    }
    expect(await of(own)).to.deep.equal([]);
  });
}

import { expect } from "chai";
import { leaseTree } from "@fizz/protocol/typed-data";
import { bytesToHex, type Hex } from "viem";
import { SqlitePulses } from "../../../node-agent/src/store/sqlite-pulses.ts";
import { type StateDatabase } from "../../../node-agent/src/store/state-database.ts";
import { hashOf } from "../support/builders.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";

const MAX_PULSES = 10;

describe("SqlitePulses", () => {
  let folder: StateFolder;
  let database: StateDatabase;
  beforeEach(async () => {
    folder = await StateFolder.make();
    database = await folder.open();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("keeps pulses across a restart, and each set of leases once", async () => {
    const leases = [hashOf("a lease"), hashOf("another")];
    const pulses = opened();
    pulses.append(evidence(1, []));
    pulses.append(evidence(2, leases));
    database = await folder.reopen();
    opened().append(evidence(3, leases));
    database = await folder.reopen();
    const rows = database.rows("SELECT at, root, evidence FROM pulses ORDER BY id");
    expect(rows.map((row) => row["at"])).to.deep.equal([1, 2, 3]);
    const { leaseHashes, ...rest } = evidence(3, leases);
    expect(JSON.parse(String(rows[2]?.["evidence"]))).to.deep.equal({
      ...rest,
      pulse: { ...rest.pulse, nodeId: "7" },
    });
    const sets = new Map(
      database
        .rows("SELECT root, hashes FROM lease_sets")
        .map((row) => [bytesToHex(row["root"] as Uint8Array), bytesToHex(row["hashes"] as Uint8Array)]),
    );
    expect(sets.size).to.equal(2);
    expect(sets.get(rest.pulse.leaseRoot)).to.equal(`0x${leaseHashes.map((hash) => hash.slice(2)).join("")}`);
  });

  it("keeps the newest, and no set of leases that none of them has", async () => {
    const pulses = opened();
    for (let at = 1; at <= 3 * MAX_PULSES; at += 1) pulses.append(evidence(at, [hashOf(`lease ${at}`)]));
    database = await folder.reopen();
    const rows = database.rows("SELECT at FROM pulses ORDER BY id").map((row) => row["at"]);
    expect(rows).to.deep.equal(Array.from({ length: MAX_PULSES }, (_, index) => 2 * MAX_PULSES + 1 + index));
    expect(database.rows("SELECT root FROM lease_sets")).to.have.length(MAX_PULSES);
  });

  it("never throws, also when nothing can be kept any more", async () => {
    const pulses = opened();
    await folder.close();
    pulses.append(evidence(1, []));
  });

  function opened(): SqlitePulses {
    return new SqlitePulses({ database, log }, { maxPulses: MAX_PULSES });
  }

  function evidence(at: number, leaseHashes: readonly Hex[]) {
    const { root: leaseRoot } = leaseTree(leaseHashes);
    const pulse = { nodeId: 7n, subnetId: 1, at, leases: leaseHashes.length, leaseRoot };
    return { pulse, nodeSignature: "0x01", gatewaySignature: "0x02", leaseHashes } as const;
  }
});

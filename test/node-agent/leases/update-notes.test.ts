import { expect } from "chai";
import { LeaseLog } from "../../../node-agent/src/leases/lease-log.ts";
import { UpdateNotes } from "../../../node-agent/src/leases/update-notes.ts";
import { hashOf, leaseRecord } from "../support/builders.ts";
import { MemoryJournal } from "../support/memory-store.ts";

const LEASE = hashOf("lease");
const pending = { version: 2, manifestHash: hashOf("manifest 2"), resources: 0n, expiresAt: 1_000 };
const updating = leaseRecord({ pending });

describe("UpdateNotes", () => {
  it("tells once that an update ran out of time, whether the chain still has it or not", () => {
    for (const after of [updating, leaseRecord()]) {
      const { look, told } = setup();
      look(updating, 1_000);
      expect(told()).to.deep.equal(["update.requested 2"]);
      for (const time of [1_001, 1_002]) look(after, time);
      expect(told()).to.deep.equal(["update.requested 2", "update.expired 2"]);
    }
  });

  it("tells it after a restart of the agent as well, and not twice", () => {
    const { journal, look, told } = setup();
    look(updating, 1_001);
    setup(journal).look(updating, 1_002);
    expect(told()).to.deep.equal(["update.requested 2", "update.expired 2"]);
  });

  it("tells nothing of one that was taken, declined or withdrawn in time, or whose lease is over", () => {
    for (const [after, time] of [
      [leaseRecord({ version: 2, manifestHash: pending.manifestHash }), 1_001],
      [leaseRecord(), 999],
      [leaseRecord({ state: "closed", pending }), 1_001],
    ] as const) {
      const { look, told } = setup();
      look(updating, 998);
      look(after, time);
      look(leaseRecord(), 2_000);
      expect(told()).to.deep.equal(["update.requested 2"]);
    }
  });

  it("tells of the next one that has the same number", () => {
    const { look, told } = setup();
    look(updating, 1_001);
    const again = { ...pending, manifestHash: hashOf("manifest 3"), expiresAt: 2_000 };
    look(leaseRecord({ pending: again }), 1_500);
    look(leaseRecord({ pending: again }), 2_001);
    const both = ["update.requested 2", "update.expired 2"];
    expect(told()).to.deep.equal([...both, ...both]);
  });

  function setup(journal = new MemoryJournal()) {
    const notes = new UpdateNotes(new LeaseLog(journal, LEASE));
    return {
      journal,
      look: notes.look.bind(notes),
      told: () => journal.read(LEASE, 0).map(({ code, data }) => `${code} ${String(data?.["version"])}`),
    };
  }
});

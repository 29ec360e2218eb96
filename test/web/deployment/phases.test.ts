import type { DeploymentStatus, LeaseEvent } from "@fizz/protocol/messages";
import { rate } from "@fizz/protocol/units";
import { expect } from "chai";
import { zeroAddress, zeroHash } from "viem";
import {
  isServing,
  type Phase,
  type PhaseInput,
  phasesOf,
} from "../../../web/src/features/deployment/phases.ts";
import type { LeaseHistory } from "../../../web/src/features/lease/read-lease-history.ts";
import type { LeaseRecord } from "../../../web/src/features/lease/lease-record.ts";
import type { LeaseView } from "../../../web/src/features/lease/read-lease.ts";

describe("phasesOf", () => {
  describe("when the wallet has sent the transaction", () => {
    it("waits for the lease", () => {
      const phases = phasesOf(input({ record: record({ transactionHash: zeroHash, submittedAt: 5 }) }));
      expect(statesOf(phases)).to.equal("done running waiting waiting waiting waiting waiting");
      expect(phases[0]?.at).to.equal(5);
    });
  });

  describe("when the lease is open", () => {
    it("waits for the manifest", () => {
      expect(
        statesOf(phasesOf(input({ lease: lease("open"), history: history({ openedAt: 10 }) }))),
      ).to.equal("done done running waiting waiting waiting waiting");
    });
    it("counts the node's receipt as acceptance", () => {
      const phases = phasesOf(input({ lease: lease("open"), record: record({ deliveredAt: 12 }) }));
      expect(statesOf(phases)).to.equal("done done done running waiting waiting waiting");
      expect(phases[2]?.at).to.equal(12);
    });
  });

  describe("when the image is pulled", () => {
    it("shows how far it is", () => {
      const events = [event("manifest.accepted"), event("image.pull.progress", { percent: 41.6 })];
      const phases = phasesOf(input({ lease: lease("open"), events }));
      expect(phases[3]).to.include({ id: "image", state: "running", percent: 42 });
    });
    it("works out the percentage where the node sends parts of a whole", () => {
      const events = [event("image.pull.progress", { current: 5, total: 20 })];
      expect(phasesOf(input({ lease: lease("open"), events }))[3]?.percent).to.equal(25);
    });
  });

  describe("when the image cannot be pulled", () => {
    it("says why, and starts nothing after it", () => {
      const failed = { ...event("image.pull.failed"), message: "No such image." };
      const phases = phasesOf(input({ lease: lease("open"), events: [event("manifest.accepted"), failed] }));
      expect(statesOf(phases)).to.equal("done done done failed waiting waiting waiting");
      expect(phases[3]?.detail).to.equal("No such image.");
    });
    it("does not wait any more once the lease is closed", () => {
      const phases = phasesOf(input({ lease: lease("closed"), events: [event("image.pull.failed")] }));
      expect(statesOf(phases)).to.equal("done done done failed skipped skipped skipped");
    });
  });

  describe("when the lease is active and this browser saw none of it", () => {
    it("takes the earlier phases as done, without their times", () => {
      const phases = phasesOf(
        input({ lease: lease("active"), history: history({ openedAt: 1, startedAt: 9 }) }),
      );
      expect(statesOf(phases)).to.equal("done done done done done done running");
      expect(phases.map(({ at }) => at)).to.deep.equal([1, 1, undefined, undefined, undefined, 9, undefined]);
    });
  });

  describe("when all replicas are ready", () => {
    it("is serving", () => {
      const phases = phasesOf(
        input({ lease: lease("active"), status: status(2, 2), events: [event("doors.opened")] }),
      );
      expect(isServing(phases)).to.equal(true);
      expect(phases[6]).to.include({ at: 100, detail: "2 of 2 replicas ready" });
    });
  });

  describe("when some replicas are missing", () => {
    it("is not serving yet, and says how many", () => {
      const phases = phasesOf(input({ lease: lease("active"), status: status(1, 2) }));
      expect(isServing(phases)).to.equal(false);
      expect(phases[6]).to.include({ state: "running", detail: "1 of 2 replicas ready" });
    });
  });
});

function statesOf(phases: readonly Phase[]): string {
  return phases.map(({ state }) => state).join(" ");
}

function input(part: Partial<PhaseInput>): PhaseInput {
  return { record: undefined, lease: undefined, history: undefined, events: [], status: undefined, ...part };
}

function event(code: string, data?: Record<string, unknown>): LeaseEvent {
  return { cursor: 1, at: 100, code, message: code, ...(data === undefined ? {} : { data }) };
}

function record(part: Partial<LeaseRecord>): LeaseRecord {
  return {
    leaseHash: zeroHash,
    tenant: zeroAddress,
    nodeId: "1",
    nodePeerId: "16Uiu2HAm",
    name: "hello",
    prepaidSeconds: 1,
    salt: zeroHash,
    signedQuote: {},
    createdAt: 0,
    ...part,
  };
}

function lease(state: LeaseView["state"]): LeaseView {
  return {
    lid: 1n,
    state,
    tenant: zeroAddress,
    nodeId: 1n,
    ratePerSecond: rate(1n),
    version: 1,
    leaseHash: zeroHash,
    manifestHash: zeroHash,
    deadline: 0,
    paidUntil: 0,
    refund: 0n,
    earned: 0n,
  };
}

function history(part: Partial<LeaseHistory>): LeaseHistory {
  return {
    openedAt: undefined,
    openedIn: undefined,
    startedAt: undefined,
    closedAt: undefined,
    closeReason: undefined,
    refunded: undefined,
    ...part,
  };
}

function status(ready: number, total: number): DeploymentStatus {
  return {
    lid: 1n,
    leaseHash: zeroHash,
    state: "active",
    nodeId: 1n,
    operator: zeroAddress,
    manifestHash: zeroHash,
    version: 1,
    replicas: { ready, total },
    services: [],
    endpoints: [],
    openPart: {},
    openSalt: zeroHash,
    sealedPartHash: zeroHash,
  };
}

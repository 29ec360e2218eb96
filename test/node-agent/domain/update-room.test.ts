import { expect } from "chai";
import { updateRoomOf } from "../../../node-agent/src/app-updates.ts";
import { isCrowded, roomBeside, takenBy } from "../../../node-agent/src/domain/update-room.ts";
import { containerSpec, hashOf, observed } from "../support/builders.ts";

const MIB = 1n << 20n;
const stock = (count: number, problem?: string) => () => ({ count, problem, facts: undefined });

describe("the room for an update", () => {
  const others = [
    observed({ leaseHash: hashOf("other") }),
    observed({ leaseHash: hashOf("other"), state: "created", gpus: ["GPU-1"] }),
    observed({ leaseHash: hashOf("other"), state: "exited", gpus: ["GPU-2"] }),
    observed({ leaseHash: hashOf("other"), sandbox: "alone", limits: null }),
  ];

  it("is what the containers of others leave that run, or are about to", () => {
    const limits = { memoryBytes: 100n * MIB, gpuUnits: 2, otherwise: "stop-first" } as const;
    const own = [observed({ gpus: ["GPU-3"] }), observed({ state: "exited", gpus: ["GPU-4"] })];
    const left = { ...limits, memoryBytes: 36n * MIB, gpuUnits: 1 };
    for (const mine of [[], own]) {
      const all = takenBy([...others, ...mine]);
      expect(roomBeside(limits, all, takenBy(mine))).to.deep.equal(left);
    }
    const unknown = { ...limits, memoryBytes: undefined, gpuUnits: undefined };
    expect(roomBeside(unknown, takenBy(others), takenBy([]))).to.deep.equal(unknown);
  });

  it("counts what both versions share once, as large as the new one has it", () => {
    const limitsOf = (mebibytes: bigint, gpuUnits = 0) => {
      const spec = containerSpec();
      return { ...spec, limits: { ...spec.limits, memoryBytes: mebibytes * MIB, gpuUnits } };
    };
    const running = [
      { digest: "kept", spec: limitsOf(10n) },
      { digest: "old", spec: limitsOf(20n, 1) },
    ];
    const next = [
      { digest: "kept", spec: limitsOf(30n) },
      { digest: "new", spec: limitsOf(20n, 1) },
    ];
    const room = (memory: bigint, gpuUnits: number) =>
      ({ memoryBytes: memory * MIB, gpuUnits, otherwise: "decline" }) as const;
    expect(isCrowded(room(70n, 2), running, next)).to.equal(false);
    expect(isCrowded(room(69n, 2), running, next)).to.equal(true);
    expect(isCrowded(room(70n, 1), running, next)).to.equal(true);
    expect(isCrowded(undefined, running, next)).to.equal(false);
  });

  it("counts GPUs in Fizz mode while the driver answers, and stops nothing in provider mode", () => {
    const init = { updateMemoryBytes: MIB };
    const fizz = { ...init, mode: "fizz" } as const;
    const rest = { memoryBytes: MIB, otherwise: "stop-first" };
    expect(updateRoomOf(fizz, stock(1))([])([])).to.deep.equal({ ...rest, gpuUnits: 1 });
    expect(updateRoomOf(fizz, stock(0, "away"))([])([])).to.deep.equal({ ...rest, gpuUnits: undefined });
    const provider = updateRoomOf({ ...init, mode: "provider" }, stock(1))([])([]);
    expect(provider).to.deep.equal({ memoryBytes: MIB, gpuUnits: undefined, otherwise: "decline" });
  });
});

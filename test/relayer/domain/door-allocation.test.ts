import { type DoorRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import fc from "fast-check";
import { allocateDoors, type AllocationInput } from "../../../relayer/src/domain/door-allocation.ts";

describe("allocateDoors", () => {
  it("gives the wished number when it is free and in the pool", () => {
    expect(portsOf({ wanted: [door(8080, { wish: 30_080 })] })).to.deep.equal([30_080]);
  });

  it("gives another number when the wished one is taken", () => {
    const ports = portsOf({ wanted: [door(8080, { wish: 30_080 })], isFree: (port) => port !== 30_080 });
    expect(ports).to.deep.equal([30_000]);
  });

  it("does not honour a wish outside of the pool", () => {
    expect(portsOf({ wanted: [door(22, { wish: 22 })] })).to.deep.equal([30_000]);
  });

  it("keeps the numbers that a lease has, whatever it wishes now", () => {
    const existing = [{ ...door(8080), publicPort: 30_555 }];
    expect(portsOf({ existing, wanted: [door(8080, { wish: 30_001 })] })).to.deep.equal([30_555]);
  });

  it("gives members of a group consecutive numbers in the order of their ports", () => {
    const wanted = [door(9002, { group: 0 }), door(9000, { group: 0 }), door(9001, { group: 0 })];
    const taken = new Set([30_001, 30_004]);
    expect(portsOf({ wanted, isFree: (port) => !taken.has(port) })).to.deep.equal([30_007, 30_005, 30_006]);
  });

  it("serves wishes before doors without one, so that nobody takes a wished number by chance", () => {
    expect(portsOf({ wanted: [door(1), door(2, { wish: 30_000 })] })).to.deep.equal([30_001, 30_000]);
  });

  it("begins at the seed and goes once around", () => {
    expect(portsOf({ wanted: [door(1)], seed: 1_500 })).to.deep.equal([30_500]);
    const onlyFree = (port: number): boolean => port === 30_499;
    expect(portsOf({ wanted: [door(1)], seed: 500, isFree: onlyFree })).to.deep.equal([30_499]);
  });

  it("finds a run that lies across the seed", () => {
    const free = new Set([30_499, 30_500]);
    const wanted = [door(1, { group: 0 }), door(2, { group: 0 })];
    expect(portsOf({ wanted, seed: 500, isFree: (port) => free.has(port) })).to.deep.equal([30_499, 30_500]);
  });

  it("says how long a run is missing when there is none", () => {
    const wanted = [door(1, { group: 0 }), door(2, { group: 0 })];
    const allocation = allocateDoors(input({ wanted, isFree: (port) => port % 2 === 0 }));
    expect(allocation).to.deep.equal({ type: "exhausted", length: 2 });
  });

  it("never gives a taken number, nor one twice, nor one outside of the pool", () => {
    const wishes = fc.option(fc.integer({ min: 29_990, max: 30_030 }), { nil: undefined });
    const groups = fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined });
    const doors = fc.uniqueArray(
      fc.record({ port: fc.integer({ min: 1, max: 40 }), wish: wishes, group: groups }),
      {
        selector: ({ port }) => port,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(
        doors,
        fc.array(fc.integer({ min: 30_000, max: 30_020 })),
        fc.nat(),
        (list, takenList, seed) => {
          const taken = new Set(takenList);
          const wanted = list.map(({ port, wish, group }) =>
            door(port, {
              ...(wish === undefined ? {} : { wish }),
              ...(group === undefined ? {} : { group }),
            }),
          );
          const pool = [
            { first: 30_000, last: 30_012 },
            { first: 30_014, last: 30_020 },
          ];
          const result = allocateDoors(input({ wanted, pool, seed, isFree: (port) => !taken.has(port) }));
          if (result.type === "exhausted") return;
          const ports = result.doors.map(({ publicPort }) => publicPort);
          expect(new Set(ports).size).to.equal(ports.length);
          for (const port of ports) {
            expect(taken.has(port)).to.equal(false);
            expect(pool.some(({ first, last }) => port >= first && port <= last)).to.equal(true);
          }
          for (const group of [0, 1, 2]) {
            const members = result.doors
              .filter((entry) => entry.group === group)
              .sort((a, b) => a.port - b.port);
            const [first] = members;
            if (first === undefined) continue;
            const numbers = members.map(({ publicPort }) => publicPort);
            expect(numbers).to.deep.equal(members.map((_, index) => first.publicPort + index));
          }
        },
      ),
    );
  });

  function door(port: number, changes: Partial<DoorRequest> = {}): DoorRequest {
    return { service: "web", replica: 0, port, protocol: "tcp", ...changes };
  }

  function input(changes: Partial<AllocationInput>): AllocationInput {
    const pool = [{ first: 30_000, last: 30_999 }];
    return { pool, isFree: () => true, existing: [], wanted: [], seed: 0, ...changes };
  }

  function portsOf(changes: Partial<AllocationInput>): number[] {
    const allocation = allocateDoors(input(changes));
    return allocation.type === "allocated" ? allocation.doors.map(({ publicPort }) => publicPort) : [];
  }
});

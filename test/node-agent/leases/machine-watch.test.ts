import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import {
  machineChanges,
  type MachineState,
  stateOfMachine,
  type SwarmMachine,
} from "../../../node-agent/src/domain/swarm-machines.ts";
import { MACHINE_LOOK_MS, MachineWatch } from "../../../node-agent/src/leases/machine-watch.ts";
import { type Logger } from "../../../node-agent/src/observability/logger.ts";
import { until } from "../../support/until.ts";
import { ManualClock } from "../support/manual-clock.ts";

const never = new AbortController().signal;

function machines(states: Readonly<Record<string, MachineState>>): SwarmMachine[] {
  return Object.entries(states).map(([id, state]) => ({ id, hostname: id, address: "10.0.0.1", state }));
}

describe("machineChanges", () => {
  const told = (before: SwarmMachine[] | undefined, now: SwarmMachine[]): string[] =>
    machineChanges(before, now).map(
      ({ machine, before: old, isGone }) =>
        `${machine.id} ${old ?? "new"} ${isGone ? "gone" : machine.state}`,
    );

  it("are what is not as it should be, for who looks first", () => {
    expect(told(undefined, machines({ a: "serving", b: "unprepared", c: "down" }))).to.deep.equal([
      "b new unprepared",
      "c new down",
    ]);
  });

  it("are each machine that came, went, or does something else", () => {
    const before = machines({ a: "serving", b: "unprepared", c: "down", d: "serving" });
    const now = machines({ a: "drained", b: "serving", d: "serving", e: "serving" });
    expect(told(before, now)).to.deep.equal([
      "a serving drained",
      "b unprepared serving",
      "e new serving",
      "c down gone",
    ]);
    expect(told(now, now)).to.deep.equal([]);
  });
});

describe("stateOfMachine", () => {
  it("serves when it is all three, and is told by the first that it is not", () => {
    const all = { isReady: true, isPrepared: true, isActive: true };
    expect(stateOfMachine(all)).to.equal("serving");
    expect(stateOfMachine({ ...all, isActive: false })).to.equal("drained");
    expect(stateOfMachine({ ...all, isPrepared: false, isActive: false })).to.equal("unprepared");
    expect(stateOfMachine({ isReady: false, isPrepared: false, isActive: false })).to.equal("down");
  });
});

describe("MachineWatch", () => {
  it("tells each change once, and nothing while the swarm does not answer", async () => {
    const { watch, swarm, told } = setup();
    await watch.look(never);
    await watch.look(never);
    expect(told).to.deep.equal(["warn b unprepared"]);
    swarm.isAway = true;
    await watch.look(never);
    swarm.isAway = false;
    swarm.machines = machines({ a: "serving", b: "serving" });
    await watch.look(never);
    swarm.machines = machines({ b: "serving" });
    await watch.look(never);
    expect(told.slice(1)).to.deep.equal(["info b serving", "warn a gone"]);
  });

  it("looks again and again until it is stopped", async () => {
    const { watch, swarm, clock } = setup();
    watch.start();
    await until(() => Promise.resolve(clock.nextMs === MACHINE_LOOK_MS), "it has looked", 5_000);
    clock.move(MACHINE_LOOK_MS);
    await until(() => Promise.resolve(swarm.reads === 2), "it looks again", 5_000);
    await watch.stop();
  });

  function setup() {
    const swarm = { machines: machines({ a: "serving", b: "unprepared" }), isAway: false, reads: 0 };
    const told: string[] = [];
    const say =
      (level: string) =>
      ({ hostname, state }: { readonly hostname: string; readonly state: string }): void => {
        told.push(`${level} ${hostname} ${state}`);
      };
    const log = { info: say("info"), warn: say("warn"), debug: () => undefined } as unknown as Logger;
    const clock = new ManualClock();
    const reader = {
      read: async (): Promise<readonly SwarmMachine[]> => {
        swarm.reads += 1;
        if (swarm.isAway) throw new ProtocolError("ENGINE_UNREACHABLE", "No answer.");
        return await Promise.resolve(swarm.machines);
      },
    };
    return { watch: new MachineWatch({ reader, clock, log }), swarm, told, clock };
  }
});

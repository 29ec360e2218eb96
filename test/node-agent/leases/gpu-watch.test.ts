import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type GpuCard } from "../../../node-agent/src/domain/gpu-card.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { GPU_LOOK_MS, GpuWatch } from "../../../node-agent/src/leases/gpu-watch.ts";
import { until } from "../../support/until.ts";
import { hashOf, observed } from "../support/builders.ts";
import { cardsOf, uuidOf } from "../support/gpu-reports.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";

const RTX4090 = 48;
const LEASE = hashOf("lease");
const never = new AbortController().signal;

describe("GpuWatch", () => {
  it("offers nothing before the driver has answered, and what it told then", async () => {
    const { watch, driver, changes } = setup();
    expect(watch.stock().count).to.equal(0);
    expect(() => watch.cards()).to.throw(ProtocolError);
    await watch.look(never);
    expect(watch.stock()).to.deep.equal({
      count: 2,
      problem: undefined,
      facts: { memoryMiB: 24_576, form: "pcie" },
    });
    expect(changes()).to.equal(1);
    driver.cards = cardsOf("t4");
    await watch.look(never);
    expect(watch.stock().count).to.equal(0);
  });

  it("offers nothing while the driver fails, tells the tenants once, and recovers", async () => {
    const { watch, driver, told } = setup([observed({ gpus: [uuidOf("1")] })]);
    await watch.look(never);
    driver.isBroken = true;
    await watch.look(never);
    expect(watch.stock().count).to.equal(0);
    expect(told(), "one failure is not told").to.deep.equal([]);
    await watch.look(never);
    await watch.look(never);
    expect(told()).to.deep.equal(["gpu.lost"]);
    driver.isBroken = false;
    await watch.look(never);
    expect(watch.stock().count).to.equal(2);
    expect(told()).to.deep.equal(["gpu.lost"]);
  });

  it("tells the tenant of a card that is gone, at once, and again when it goes again", async () => {
    const { watch, driver, told, journal } = setup([
      observed({ gpus: [uuidOf("2")] }),
      observed({ id: "c2", leaseHash: hashOf("other"), gpus: [uuidOf("1")] }),
      observed({ id: "c3" }),
    ]);
    const all = driver.cards;
    driver.cards = all.slice(0, 1);
    await watch.look(never);
    await watch.look(never);
    expect(told()).to.deep.equal(["gpu.lost"]);
    expect(journal.codes(hashOf("other"))).to.deep.equal([]);
    expect(watch.stock().count).to.equal(1);
    driver.cards = all;
    await watch.look(never);
    driver.cards = all.slice(0, 1);
    await watch.look(never);
    expect(told()).to.deep.equal(["gpu.lost", "gpu.lost"]);
  });

  it("takes no card for lost while the swarm does not answer, and offers none", async () => {
    const { watch, driver, told } = setup([observed({ gpus: [uuidOf("1")] })]);
    await watch.look(never);
    driver.isBroken = true;
    driver.code = "ENGINE_UNREACHABLE";
    for (let looks = 0; looks < 4; looks += 1) await watch.look(never);
    expect(watch.stock().count).to.equal(0);
    expect(told()).to.deep.equal([]);
  });

  it("looks again and again until it is stopped", async () => {
    const { watch, driver, clock } = setup();
    watch.start();
    await until(() => Promise.resolve(clock.nextMs === GPU_LOOK_MS), "it has looked", 30_000);
    expect(driver.reads).to.equal(1);
    clock.move(GPU_LOOK_MS);
    await until(() => Promise.resolve(driver.reads === 2), "it looks again", 30_000);
    await watch.stop();
  });

  function setup(containers: readonly ObservedContainer[] = []) {
    const driver = {
      cards: cardsOf("rtx4090Pair") as readonly GpuCard[],
      isBroken: false,
      code: "GPU_UNAVAILABLE" as "GPU_UNAVAILABLE" | "ENGINE_UNREACHABLE",
      reads: 0,
    };
    const journal = new MemoryJournal();
    const clock = new ManualClock();
    let changes = 0;
    const reader = {
      read: async (): Promise<readonly GpuCard[]> => {
        driver.reads += 1;
        if (driver.isBroken) throw new ProtocolError(driver.code, "No answer.");
        return await Promise.resolve(driver.cards);
      },
    };
    const onChange = (): void => {
      changes += 1;
    };
    const watch = new GpuWatch(
      { reader, clock, log: silentLog, journal, containers: () => containers, onChange },
      RTX4090,
    );
    const told = (): readonly string[] => journal.codes(LEASE);
    return { watch, driver, journal, clock, told, changes: () => changes };
  }
});

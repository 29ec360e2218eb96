import { expect } from "chai";
import {
  LISTEN_EVERY_MS,
  ListenWatch,
  MAX_HEARD_CONTAINERS,
} from "../../../node-agent/src/leases/listen-watch.ts";
import { SETTLE_MS } from "../../../node-agent/src/domain/plan-facts.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { containerSpec, hashOf, observed } from "../support/builders.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LEASE = hashOf("lease");
const NOW = 1_000;
const expose: ContainerSpec["expose"] = [
  {
    ...{ firstPort: 8_080, lastPort: 8_080, wishedPort: 8_080, protocol: "tcp" },
    ...{ usePublicPort: false, global: true, services: [], ip: null, accept: [], http: null },
  },
];
const web = containerSpec({ expose });
const young = observed({ startedAt: NOW, pid: 7 });

describe("ListenWatch", () => {
  const running: ListenWatch[] = [];
  afterEach(() => {
    for (const watch of running.splice(0)) watch.stop();
  });

  it("tells of a container once it listens on all that it exposes", async () => {
    const { look, turn, table, changes } = setup();
    expect(look()).to.deep.equal([]);
    await turn(0);
    table.open = [22];
    await turn(LISTEN_EVERY_MS);
    expect(look()).to.deep.equal([]);
    expect(changes()).to.equal(0);
    table.open = [22, 8_080];
    await turn(LISTEN_EVERY_MS);
    expect(look()).to.deep.equal(["c1"]);
    expect(changes()).to.equal(1);
    expect(table.asked).to.deep.equal(["7 c1", "7 c1", "7 c1"]);
    expect(setup().look(young, hashOf("another"))).to.deep.equal([]);
  });

  it("looks no more when its time is over, or the container, or another run of it has begun", async () => {
    const { look, turn, table, changes } = setup();
    look();
    await turn(0);
    for (let ms = 0; ms <= SETTLE_MS; ms += LISTEN_EVERY_MS) await turn(LISTEN_EVERY_MS);
    expect(table.asked).to.have.length(SETTLE_MS / LISTEN_EVERY_MS);
    table.open = [8_080];
    const again = observed({ startedAt: NOW + SETTLE_MS, pid: 8 });
    expect(look(again)).to.deep.equal([]);
    await turn(0);
    expect(look(again)).to.deep.equal(["c1"]);
    expect(look(observed({ ...again, state: "exited" }))).to.deep.equal([]);
    expect(changes()).to.equal(1);
  });

  it("leaves alone what is checked, what has no process here, and what nobody can know", async () => {
    const { look, turn, table } = setup();
    const health = {
      ports: [8_080],
      path: null,
      intervalMs: 10,
      timeoutMs: 5,
      retries: 3,
      startPeriodMs: 60,
    };
    look(young, LEASE, containerSpec({ expose, health }));
    look(observed({ startedAt: NOW }));
    await turn(LISTEN_EVERY_MS);
    expect(table.asked).to.deep.equal([]);
    table.open = undefined;
    look();
    await turn(LISTEN_EVERY_MS);
    await turn(LISTEN_EVERY_MS);
    expect(table.asked).to.have.length(1);
  });

  it("looks at so many containers at once", async () => {
    const { watch, turn, table } = setup();
    const containers = Array.from({ length: MAX_HEARD_CONTAINERS + 1 }, (_, index) =>
      observed({ startedAt: NOW, pid: 7, id: `c${index}` }),
    );
    watch.look(LEASE, { containers, desired: [{ spec: web, digest: "d1" }] });
    await turn(0);
    expect(table.asked).to.have.length(MAX_HEARD_CONTAINERS);
  });

  function setup() {
    const clock = new ManualClock(NOW);
    const asked: string[] = [];
    const table: { open: readonly number[] | undefined; readonly asked: string[] } = { open: [], asked };
    const read = async (pid: number, id: string): Promise<readonly number[] | undefined> => {
      asked.push(`${pid} ${id}`);
      await Promise.resolve();
      return table.open;
    };
    let changed = 0;
    const onChange = (): void => {
      changed += 1;
    };
    const watch = new ListenWatch({ table: { read }, clock, onChange });
    running.push(watch);
    const look = (container = young, lease = LEASE, spec: ContainerSpec = web): string[] => [
      ...watch.look(lease, { containers: [container], desired: [{ spec, digest: "d1" }] }),
    ];
    /** Lets time pass, and those who wait for it go on. */
    const turn = async (ms: number): Promise<void> => {
      clock.move(ms);
      for (let count = 0; count < 3; count += 1) await new Promise(setImmediate);
    };
    return { watch, look, turn, table, changes: () => changed };
  }
});

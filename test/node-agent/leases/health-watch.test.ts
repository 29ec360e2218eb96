import { expect } from "chai";
import { HealthWatch, MAX_CHECKS_PER_LEASE } from "../../../node-agent/src/leases/health-watch.ts";
import { type Prober } from "../../../node-agent/src/health-ports.ts";
import { until } from "../../support/until.ts";
import { hashOf, observed } from "../support/builders.ts";
import { FakeProber } from "../support/fake-prober.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-store.ts";

const LEASE = hashOf("lease");
const TARGET = {
  ...{ ports: [8080, 9090], path: "/up", intervalMs: 10_000 },
  ...{ timeoutMs: 5_000, retries: 3, startPeriodMs: 2_000 },
};

describe("HealthWatch", () => {
  it("asks every port of a container, and tells once that it is healthy", async () => {
    const { prober, journal, look, seen, turn } = setup();
    look();
    await seen("healthy");
    expect(prober.probed).to.deep.equal([
      { host: "172.18.0.2", port: 8080, path: "/up" },
      { host: "172.18.0.2", port: 9090, path: "/up" },
    ]);
    await turn(10_000);
    expect(prober.probed).to.have.length(4);
    expect(journal.codes(LEASE)).to.deep.equal(["container.healthy"]);
  });

  it("gives a container its time to start, then tells what is wrong, and that it is healthy again", async () => {
    const { prober, journal, look, seen, turn, changes } = setup();
    prober.problem = "Nothing answers on port 8080";
    look();
    await seen("starting");
    for (let count = 0; count < 3; count += 1) await turn(1_000);
    expect(journal.codes(LEASE)).to.deep.equal([]);
    await turn(10_000);
    await turn(10_000);
    await seen("unhealthy");
    prober.problem = undefined;
    await turn(10_000);
    await seen("healthy");
    const events = journal.read(LEASE, 0);
    expect(events.map(({ code }) => code)).to.deep.equal(["container.unhealthy", "container.healthy"]);
    expect(events[0]).to.deep.include({
      ...{ service: "web", replica: 0 },
      message: "Container is not healthy, it is started anew: Nothing answers on port 8080",
    });
    expect(changes).to.have.length(3);
  });

  it("knows nothing of a container before its first check, and of another run of it", async () => {
    const { look, seen } = setup();
    expect(look()).to.deep.equal({});
    await seen("healthy");
    expect(look(observed({ startedAt: 2_000 }))).to.deep.equal({});
    await seen("healthy", observed({ startedAt: 2_000 }));
  });

  it("does not tell again what an agent before it has told of the same run", async () => {
    const first = setup();
    first.look();
    await first.seen("healthy");
    const second = setup(first.journal);
    second.look();
    await second.seen("healthy");
    expect(first.journal.codes(LEASE)).to.deep.equal(["container.healthy"]);
    first.journal.append(LEASE, { code: "container.restarted", message: "", service: "web", replica: 0 });
    const third = setup(first.journal);
    third.look();
    await third.seen("healthy");
    expect(first.journal.codes(LEASE).at(-1)).to.equal("container.healthy");
  });

  it("asks no more when a container is gone, or the lease, or when it is stopped", async () => {
    const { prober, watch, look, seen, turn } = setup();
    const ends = [
      (): unknown => watch.look(LEASE, []),
      (): void => {
        watch.forget(LEASE);
      },
      (): void => {
        watch.stop();
      },
    ];
    for (const end of ends) {
      look();
      await seen("healthy");
      end();
      expect(watch.stateOf("c1")).to.equal(undefined);
      const before = prober.probed.length;
      await turn(60_000);
      expect(prober.probed).to.have.length(before);
    }
  });

  it("asks a few containers of a lease at once, and others when those are done; never holding up another lease", async () => {
    const answers: (() => void)[] = [];
    const hosts: string[] = [];
    const prober: Prober = {
      probe: async ({ host }) => {
        hosts.push(host);
        await new Promise<void>((resolve) => answers.push(resolve));
        return undefined;
      },
    };
    const { watch } = setup(new MemoryJournal(), prober);
    const target = { ...TARGET, ports: [8080] };
    const many = Array.from({ length: MAX_CHECKS_PER_LEASE + 2 }, (_, replica) => ({
      container: observed({ id: `c${replica}`, replica, address: `172.18.0.${replica}` }),
      target,
    }));
    watch.look(LEASE, many);
    watch.look(hashOf("other"), [{ container: observed({ id: "x", address: "172.19.0.2" }), target }]);
    await until(() => Promise.resolve(hosts.length === MAX_CHECKS_PER_LEASE + 1), "they are asked");
    expect(hosts.at(-1)).to.equal("172.19.0.2");
    answers[0]?.();
    answers[1]?.();
    await until(() => Promise.resolve(hosts.length === MAX_CHECKS_PER_LEASE + 3), "the others are asked");
    watch.stop();
    for (const answer of answers) answer();
  });

  const running: HealthWatch[] = [];
  afterEach(() => {
    for (const watch of running.splice(0)) watch.stop();
  });

  function setup(journal = new MemoryJournal(), other?: Prober) {
    const clock = new ManualClock(1_000);
    const prober = new FakeProber();
    const changes: true[] = [];
    const onChange = (): void => {
      changes.push(true);
    };
    const watch = new HealthWatch({ prober: other ?? prober, journal, clock, onChange });
    running.push(watch);
    const look = (container = observed()) => watch.look(LEASE, [{ container, target: TARGET }]);
    const seen = async (state: string, container = observed()): Promise<void> => {
      await until(() => Promise.resolve(look(container)["c1"] === state), `the container is ${state}`);
    };
    /** Lets time pass, and those who wait for it go on. */
    const turn = async (ms: number): Promise<void> => {
      clock.move(ms);
      for (let count = 0; count < 3; count += 1) await new Promise(setImmediate);
    };
    return { watch, prober, journal, look, seen, turn, changes };
  }
});

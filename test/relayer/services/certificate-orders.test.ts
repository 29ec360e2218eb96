import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import {
  type CertificateAuthority,
  type CertificateShelf,
  type OrderDraft,
  type OrderedCertificate,
} from "../../../relayer/src/certificate-ports.ts";
import { type OrderHistory } from "../../../relayer/src/domain/order-history.ts";
import { CertificateOrders } from "../../../relayer/src/services/certificate-orders.ts";
import { eventually, memoryLogger } from "../support/builders.ts";

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const DIRECTORY = "https://ca.test/dir";

describe("CertificateOrders", () => {
  const running: CertificateOrders[] = [];
  afterEach(async () => {
    for (const orders of running.splice(0)) await orders.stop();
  });

  it("orders for names of running leases that HTTP-01 can prove and no given certificate covers", async () => {
    const world = setup();
    world.routed.push(
      { name: "a.test", runs: true },
      { name: "starting.test", runs: false },
      { name: "*.wild.test", runs: true },
      { name: "given.test", runs: true },
    );
    world.orders.start();
    await eventually(() => world.shown.size === 1);
    expect([...world.shown.keys()]).to.deep.equal(["a.test"]);
    expect(world.asked).to.deep.equal(["a.test"]);
    expect([...world.stored.keys()]).to.deep.equal(["a.test"]);
    expect(world.outcomes).to.deep.equal(["issued"]);
  });

  it("has four orders under way at once, and ends them when it stops", async () => {
    const world = setup({ hangs: true });
    for (let index = 0; index < 9; index += 1) world.routed.push({ name: `n${index}.test`, runs: true });
    world.orders.start();
    await eventually(() => world.looks() > 3);
    expect(world.asked).to.have.length(4);
    await world.orders.stop();
    expect(world.outcomes, "a stop is nobody's failure").to.deep.equal([]);
    expect(world.logger.events).to.deep.equal([]);
  });

  it("begins no more orders in an hour than it may, over a restart as well", async () => {
    const world = setup({ perHour: 2, refuses: true });
    for (let index = 0; index < 5; index += 1) world.routed.push({ name: `n${index}.test`, runs: true });
    world.orders.start();
    await eventually(() => world.outcomes.length === 2);
    await world.orders.stop();
    const again = world.restart();
    const seen = world.looks();
    await eventually(() => world.looks() > seen + 3);
    expect(world.asked).to.deep.equal(["n0.test", "n1.test"]);
    world.clock.now += DAY / 24;
    await eventually(() => world.outcomes.length === 4);
    expect(world.asked.slice(2), "those that did not fail come first").to.deep.equal(["n2.test", "n3.test"]);
    await again.stop();
  });

  it("counts the silence of the authority against no name", async () => {
    const world = setup({ silent: true });
    for (const name of ["a.test", "b.test"]) world.routed.push({ name, runs: true });
    world.orders.start();
    await eventually(() => world.outcomes.length === 2);
    expect(world.outcomes).to.deep.equal(["unreachable", "unreachable"]);
    expect(world.history.failures.size).to.equal(0);
    world.clock.now += 60_000;
    await eventually(() => world.outcomes.length === 3);
    const seen = world.looks();
    await eventually(() => world.looks() > seen + 3);
    expect(world.asked, "one name to see whether it is back").to.have.length(3);
  });

  it("orders nothing that it cannot count", async () => {
    const world = setup({ diskFull: true });
    world.routed.push({ name: "a.test", runs: true });
    world.orders.start();
    await eventually(() => world.looks() > 3);
    expect(world.asked).to.deep.equal([]);
    expect(new Set(world.logger.events)).to.deep.equal(new Set(["certificate.store.failed"]));
    world.isFull = false;
    await eventually(() => world.stored.has("a.test"));
  });

  it("shows a certificate that cannot be stored yet, says so, and stores it later", async () => {
    const world = setup({ onOrder: () => (world.isFull = true) });
    world.routed.push({ name: "a.test", runs: true });
    world.orders.start();
    await eventually(
      () => world.shown.has("a.test") && world.logger.events.includes("certificate.store.failed"),
    );
    expect(world.stored.size).to.equal(0);
    world.isFull = false;
    await eventually(() => world.stored.has("a.test"));
    expect(world.asked, "ordered once").to.deep.equal(["a.test"]);
  });

  it("goes on with the order of a process that ended, and begins a new one where the authority refused", async () => {
    const world = setup({ keepsDrafts: true, hangs: true });
    world.routed.push({ name: "a.test", runs: true });
    world.orders.start();
    await eventually(() => world.drafts.size === 1);
    await world.orders.stop();
    world.hangs = false;
    const again = world.restart();
    await eventually(() => world.stored.has("a.test"));
    expect(world.resumed).to.deep.equal(["order of a.test"]);
    expect(world.drafts.size).to.equal(0);
    await again.stop();
    world.refuses = true;
    world.routed.push({ name: "b.test", runs: true });
    world.restart();
    await eventually(() => world.outcomes.includes("refused"));
    await eventually(() => world.history.failures.has("b.test"));
    expect(world.drafts.size, "its order is over").to.equal(0);
  });

  it("can be started again after it was stopped, and knows then what another process did", async () => {
    const world = setup();
    world.routed.push({ name: "a.test", runs: true });
    world.orders.start();
    await eventually(() => world.stored.has("a.test"));
    await world.orders.stop();
    world.stored.set("b.test", certificateOf("b.test", NOW));
    world.routed.push({ name: "b.test", runs: true }, { name: "c.test", runs: true });
    world.orders.start();
    await eventually(() => world.stored.has("c.test"));
    expect(world.asked).to.deep.equal(["a.test", "c.test"]);
  });

  it("goes on with a certificate of another authority until it has one of this", async () => {
    const world = setup({ hangs: true });
    world.routed.push({ name: "a.test", runs: true });
    const other = { ...certificateOf("a.test", NOW), directory: "https://other.test/dir" };
    world.stored.set("a.test", other);
    world.orders.start();
    await eventually(() => world.asked.length === 1);
    expect(world.stored.get("a.test")).to.equal(other);
    expect(world.shown.size, "what is stored is shown by who reads the store").to.equal(0);
  });

  it("keeps a certificate while its name leads nowhere, and drops it at its end; one in use stays", async () => {
    const world = setup({ refuses: true });
    world.routed.push({ name: "used.test", runs: true });
    for (const name of ["used.test", "idle.test"]) world.stored.set(name, certificateOf(name, NOW));
    world.orders.start();
    await eventually(() => world.looks() > 2);
    expect([...world.stored.keys()]).to.deep.equal(["used.test", "idle.test"]);
    world.clock.now += 91 * DAY;
    await eventually(() => world.logger.events.includes("certificate.removed"));
    expect([...world.stored.keys()]).to.deep.equal(["used.test"]);
  });

  it("counts the names that find no place", async () => {
    const world = setup({ maxNames: 2 });
    for (const name of ["a.test", "b.test", "c.test"]) world.routed.push({ name, runs: true });
    world.orders.start();
    await eventually(() => world.shown.size === 2);
    expect(world.orders.leftOut).to.equal(1);
  });

  it("gives the place of a name that fails to one that did not", async () => {
    const world = setup({ maxNames: 1, refuses: true });
    world.routed.push({ name: "wrong.test", runs: true }, { name: "right.test", runs: true });
    world.orders.start();
    await eventually(() => world.asked.length === 2);
    expect(world.asked).to.deep.equal(["wrong.test", "right.test"]);
  });

  it("orders nothing while the gateway drains", async () => {
    const world = setup();
    world.routed.push({ name: "a.test", runs: true });
    world.isDraining = true;
    world.orders.start();
    await eventually(() => world.looks() > 3);
    expect(world.asked).to.deep.equal([]);
    world.isDraining = false;
    await eventually(() => world.asked.length === 1);
  });

  interface Setup {
    perHour?: number;
    maxNames?: number;
    hangs?: boolean;
    refuses?: boolean;
    silent?: boolean;
    diskFull?: boolean;
    keepsDrafts?: boolean;
    onOrder?: () => void;
  }

  type Stored = Pick<ReturnType<typeof setup>, "stored" | "history" | "drafts" | "isFull">;

  function shelfOf(world: Stored): CertificateShelf {
    const write = async (change: () => void): Promise<void> => {
      await Promise.resolve();
      if (world.isFull) throw new ProtocolError("STORE_FAILED", "full");
      change();
    };
    return {
      load: () => Promise.resolve({ certificates: [...world.stored.values()], history: world.history }),
      save: (certificate) =>
        write(() => {
          world.stored.set(certificate.name, certificate);
          world.drafts.delete(certificate.name);
        }),
      remove: (name) => write(() => world.stored.delete(name)),
      saveHistory: ({ begun, failures }) =>
        write(() => (world.history = { begun: [...begun], failures: new Map(failures) })),
      draftOf: (name) => Promise.resolve(world.drafts.get(name)),
      saveDraft: (name, draft) => write(() => world.drafts.set(name, draft)),
      dropDraft: (name) => write(() => world.drafts.delete(name)),
    };
  }

  function setup({ perHour = 50, maxNames = 20, ...behaviour }: Setup = {}) {
    const logger = memoryLogger();
    const clock = { now: NOW };
    const stored = new Map<string, OrderedCertificate>();
    const world = {
      logger,
      clock,
      stored,
      routed: [] as { name: string; runs: boolean }[],
      shown: new Map<string, OrderedCertificate>(),
      asked: [] as string[],
      outcomes: [] as string[],
      history: { begun: [], failures: new Map() } as OrderHistory,
      isDraining: false,
      drafts: new Map<string, OrderDraft>(),
      resumed: [] as string[],
      hangs: behaviour.hangs === true,
      refuses: behaviour.refuses === true,
      /** The store cannot be written. */
      isFull: behaviour.diskFull === true,
      looks: () => looks,
    };
    let looks = 0;
    const authority: CertificateAuthority = {
      directory: DIRECTORY,
      order: async (name, signal, draft) => {
        world.asked.push(name);
        if (draft.known !== undefined) world.resumed.push(draft.known.url);
        else if (behaviour.keepsDrafts === true)
          await draft.keep({ url: `order of ${name}`, key: "", directory: DIRECTORY });
        behaviour.onOrder?.();
        if (world.refuses) throw new ProtocolError("CERTIFICATE_REFUSED", "no");
        if (behaviour.silent === true) throw new ProtocolError("CA_UNREACHABLE", "away");
        if (world.hangs)
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              reject(new ProtocolError("CA_UNREACHABLE", "stopped"));
            });
          });
        return certificateOf(name, clock.now);
      },
    };
    const shelf = shelfOf(world);
    const names = {
      all: () => {
        looks += 1;
        return world.routed;
      },
      isGiven: (name: string) => name === "given.test",
      show: (certificate: OrderedCertificate) => {
        world.shown.set(certificate.name, certificate);
      },
      hide: (name: string) => {
        world.shown.delete(name);
      },
    };
    const make = (): CertificateOrders => {
      const made = new CertificateOrders(
        {
          authority,
          shelf,
          names,
          meter: { ordered: (outcome) => world.outcomes.push(outcome) },
          clock: () => clock.now,
          logger,
          mayOrder: () => !world.isDraining,
        },
        { maxNames, perHour, lookEveryMs: 5 },
      );
      running.push(made);
      return made;
    };
    const restart = (): CertificateOrders => {
      const made = make();
      made.start();
      return made;
    };
    return Object.assign(world, { orders: make(), restart });
  }
});

function certificateOf(name: string, now: number): OrderedCertificate {
  const validity = { notBefore: now, notAfter: now + 90 * DAY };
  return { name, cert: "", key: "", directory: DIRECTORY, spread: 0, ...validity };
}

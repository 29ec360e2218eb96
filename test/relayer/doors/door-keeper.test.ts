import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type DoorRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import { DoorGuard } from "../../../relayer/src/doors/door-guard.ts";
import { DoorKeeper } from "../../../relayer/src/doors/door-keeper.ts";
import { ProxiedCallers } from "../../../relayer/src/doors/proxied-callers.ts";
import { PromMeter } from "../../../relayer/src/observability/prom-meter.ts";
import { HostRouter } from "../../../relayer/src/routing/host-router.ts";
import { LeaseWatch } from "../../../relayer/src/services/lease-watch.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually, hash, leaseFacts, memoryLogger } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { LIMITS } from "../support/limits.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { NO_HOSTS } from "../support/unrouted.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const LEASE = { lid: 1n, leaseHash: hash(0xaa) };

describe("DoorKeeper", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("opens a port per door, and gives the same numbers when asked again", async () => {
    const { keeper } = await setup();
    const doors = [door(80, { wish: undefined }), door(81)];
    const first = await keeper.openDoors(1n, { ...LEASE, doors });
    const second = await keeper.openDoors(1n, { ...LEASE, doors: doors.toReversed() });
    expect(second.endpoints.toReversed()).to.deep.equal(first.endpoints);
    const [endpoint] = first.endpoints;
    expect(endpoint?.url).to.equal(`http://127.0.0.1:${endpoint?.publicPort}`);
    expect(await listens(endpoint?.publicPort)).to.equal(true);
  });

  it("gives the same numbers after a restart, even while the chain is silent", async () => {
    const world = await setup();
    const before = await world.keeper.openDoors(1n, { ...LEASE, doors: [door(80), door(81)] });
    await world.keeper.stop();
    expect(await listens(before.endpoints[0]?.publicPort)).to.equal(false);
    world.chain.reachable = false;
    const again = world.keeperOn(world.store);
    await again.start();
    for (const { publicPort } of before.endpoints) expect(await listens(publicPort)).to.equal(true);
    const asked = again.openDoors(1n, { ...LEASE, doors: [door(80), door(81)] });
    expect((await asked).endpoints).to.deep.equal(before.endpoints);
    expect(await codeOf(again.openDoors(2n, { ...LEASE, doors: [door(80)] }))).to.equal("CHAIN_UNREACHABLE");
  });

  it("closes doors only when the confirmed chain says that the lease is closed", async () => {
    const world = await setup();
    world.chain.confirm();
    const { endpoints } = await world.keeper.openDoors(1n, { ...LEASE, doors: [door(80)] });
    world.chain.leases.set(1n, leaseFacts({ state: "closed" }));
    await world.heads(5);
    expect(await listens(endpoints[0]?.publicPort)).to.equal(true);
    world.chain.reachable = false;
    world.chain.confirm();
    await world.heads(5);
    expect(await listens(endpoints[0]?.publicPort)).to.equal(true);
    world.chain.reachable = true;
    await world.heads(1);
    await eventually(async () => !(await listens(endpoints[0]?.publicPort)));
    await eventually(async () => (await world.store.allDoors()).length === 0);
  });

  it("keeps the numbers of a lease that came back under another lid after a reorganisation", async () => {
    const world = await setup();
    const before = await world.keeper.openDoors(1n, { ...LEASE, doors: [door(80)] });
    world.chain.leases.set(1n, leaseFacts({ leaseHash: hash(0x99), nodeId: 7n }));
    world.chain.leases.set(2n, leaseFacts({ lid: 2n }));
    const after = await world.keeper.openDoors(1n, {
      lid: 2n,
      leaseHash: LEASE.leaseHash,
      doors: [door(80)],
    });
    expect(after.endpoints).to.deep.equal(before.endpoints);
    world.chain.confirm();
    await world.heads(60);
    expect(await listens(before.endpoints[0]?.publicPort)).to.equal(true);
  });

  it("steps aside when another program has the port", async () => {
    const world = await setup({ first: 0 });
    const { endpoints } = await world.keeper.openDoors(1n, { ...LEASE, doors: [door(80)] });
    const taken = endpoints[0]?.publicPort ?? 0;
    await world.keeper.stop();
    await world.store.removeDoors(LEASE.leaseHash);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, "127.0.0.1", resolve));
    running.push(async () => {
      await new Promise((resolve) => other.close(resolve));
    });
    const again = world.keeperOn(world.store);
    const next = await again.openDoors(1n, { ...LEASE, doors: [door(80)] });
    expect(next.endpoints[0]?.publicPort).to.be.a("number").and.not.equal(taken);
  });

  it("never gives two leases the same number when both ask at once", async () => {
    const world = await setup();
    const hashes = [0x31, 0x32, 0x33, 0x34].map((byte) => hash(byte));
    for (const [index, leaseHash] of hashes.entries())
      world.chain.leases.set(BigInt(10 + index), leaseFacts({ lid: BigInt(10 + index), leaseHash }));
    const answers = await Promise.all(
      hashes.map((leaseHash, index) =>
        world.keeper.openDoors(1n, {
          lid: BigInt(10 + index),
          leaseHash,
          doors: [door(80, { wish: world.first }), door(81)],
        }),
      ),
    );
    const ports = answers.flatMap(({ endpoints }) => endpoints.map(({ publicPort }) => publicPort));
    expect(new Set(ports).size).to.equal(8);
  });

  it("steps aside when another program has the port for UDP", async () => {
    const world = await setup();
    const udp = { ...door(53), protocol: "udp" as const };
    const { endpoints } = await world.keeper.openDoors(1n, { ...LEASE, doors: [udp] });
    await world.keeper.stop();
    const taken = endpoints[0]?.publicPort ?? 0;
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(taken, "127.0.0.1", resolve));
    running.push(() => new Promise((resolve) => other.close(resolve)));
    const again = world.keeperOn(new MemoryStore());
    const moved = await again.openDoors(1n, { ...LEASE, doors: [udp] });
    expect(moved.endpoints[0]?.publicPort).not.to.equal(taken);
  });

  it("says why it opens no doors", async () => {
    const { keeper, chain } = await setup();
    const ask = (nodeId: bigint, changes: object): Promise<unknown> =>
      codeOf(keeper.openDoors(nodeId, { ...LEASE, doors: [door(80)], ...changes }));
    expect(await ask(2n, {})).to.equal("LEASE_NOT_YOURS");
    expect(await ask(1n, { lid: 5n })).to.equal("LEASE_NOT_FOUND");
    expect(await ask(1n, { leaseHash: hash(1) })).to.equal("LEASE_NOT_FOUND");
    expect(await ask(1n, { doors: [door(80), door(80)] })).to.equal("INPUT_INVALID");
    const many = Array.from({ length: 201 }, (_, port) => door(port + 1));
    expect(await ask(1n, { doors: many })).to.equal("PORTS_EXHAUSTED");
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    expect(await ask(1n, {})).to.equal("LEASE_WRONG_STATE");
    expect(keeper.counts()).to.include({ leases: 0, doors: 0 });
  });

  it("gives a number once where several processes share the store, and opens what the others opened", async () => {
    const world = await setup();
    world.chain.leases.set(2n, leaseFacts({ lid: 2n, leaseHash: hash(0xbb) }));
    const store = new SqlStore(temporaryEngine());
    await store.start();
    running.push(() => store.stop());
    const [one, other] = [world.sharedKeeper(store, "127.0.0.1"), world.sharedKeeper(store, "127.0.0.2")];
    await Promise.all([one.start(), other.start()]);
    const wish = world.first + 7;
    const ask = { doors: [door(80, { wish })] };
    const [first, second] = await Promise.all([
      one.openDoors(1n, { ...LEASE, ...ask }),
      other.openDoors(1n, { lid: 2n, leaseHash: hash(0xbb), ...ask }),
    ]);
    const ports = [first, second].map(({ endpoints }) => endpoints[0]?.publicPort);
    expect(new Set(ports).size).to.equal(2);
    await Promise.all([one.sync(), other.sync()]);
    for (const port of ports)
      for (const host of ["127.0.0.1", "127.0.0.2"]) expect(await listens(port, host), host).to.equal(true);

    // What one changes, the other follows; what nobody can read any more stays as it was.
    const moved = await one.openDoors(1n, { ...LEASE, doors: [door(81), door(80, { wish })] });
    await other.sync();
    for (const { publicPort } of moved.endpoints)
      expect(await listens(publicPort, "127.0.0.2")).to.equal(true);
    await store.removeDoors(LEASE.leaseHash);
    await other.sync();
    expect(await listens(ports[0], "127.0.0.2")).to.equal(true);
  }).timeout(60_000);

  async function setup({ first = randomFirst() }: { first?: number } = {}) {
    const start = first === 0 ? randomFirst() : first;
    const logger = memoryLogger();
    const chain = new FakeChain();
    chain.leases.set(1n, leaseFacts());
    const store = new MemoryStore();
    const leases = new LeaseWatch({ chain, logger });
    leases.start();
    const away = () => Promise.reject(new ProtocolError("NODE_OFFLINE", "away"));
    const tunnels = { open: away, begin: away, openDatagrams: away };
    const meter = new PromMeter();
    const init = {
      pool: [{ first: start, last: start + 199 }],
      host: "127.0.0.1",
      publicHost: "127.0.0.1",
    };
    const guard = new DoorGuard(LIMITS);
    const callers = new ProxiedCallers([]);
    const router = new HostRouter({ tunnels, places: guard, callers, meter, logger }, NO_HOSTS);
    const guards = { guard, router, callers };
    const parts = { chain, leases, tunnels, meter, logger, ...guards };
    const keeperOn = (from: MemoryStore): DoorKeeper => {
      const keeper = new DoorKeeper({ ...parts, store: from }, init);
      running.push(() => keeper.stop());
      return keeper;
    };
    const sharedKeeper = (shared: SqlStore, host: string): DoorKeeper => {
      const keeper = new DoorKeeper({ ...parts, store: shared, shared }, { ...init, host });
      running.push(() => keeper.stop());
      return keeper;
    };
    const heads = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        chain.advance();
        await leases.settled();
      }
    };
    const keeper = keeperOn(store);
    await keeper.start();
    return { keeper, keeperOn, sharedKeeper, chain, store, heads, first: start };
  }

  function door(port: number, changes: { wish?: number | undefined } = {}): DoorRequest {
    const { wish } = changes;
    return { service: "web", replica: 0, port, protocol: "tcp", ...(wish === undefined ? {} : { wish }) };
  }

  /** Other test runs use loopback too: each takes a stretch of its own by chance. */
  function randomFirst(): number {
    return 20_000 + 200 * Math.floor(Math.random() * 60);
  }

  async function listens(port = 0, host = "127.0.0.1"): Promise<boolean> {
    return await new Promise((resolve) => {
      const socket = connect({ port, host });
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
  }
});

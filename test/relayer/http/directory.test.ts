import { packResources, unpackResources } from "@fizz/protocol/manifest";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { HELLO_SILENCE_MS, type NodesQueryText, PULSE_MS } from "@fizz/protocol/messages";
import { expect } from "chai";
import { codeOf } from "../../support/code-of.ts";
import { offer } from "../support/builders.ts";
import { type DirectoryWorld, directoryWorld, idsOf, serveDirectory } from "../support/directory-world.ts";

const HALF = packResources({ milliCpu: 4_000, memoryMiB: 8_192, storageGiB: 50, gpuUnits: 0, gpuModel: 0 });

describe("the directory over HTTP", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("says of each node what tenants choose by", async () => {
    const { world, api } = await setup();
    await world.join(1n, { facts: { used: HALF }, offer: { leases: 2 } });
    const { nodes, total, nextCursor, now } = await api.nodes();
    expect({ total, nextCursor, now }).to.deep.equal({ total: 1, nextCursor: null, now: world.now });
    const { facts } = world.nodes.require(1n);
    expect(nodes).to.deep.equal([
      {
        ...{ nodeId: 1n, operator: facts.operator, owner: facts.owner, peerId: "peer-1" },
        ...{ mode: "fizz", status: "active", region: "eu-west", cpuTier: 3, gpuTier: 0, trustTier: 7 },
        ...{ strikes: 0, online: true, acceptsOrders: true, draining: false },
        ...{ total: facts.total, free: HALF, agentVersion: "0.1.0" },
        ...{ connectedAt: now, lastSeenAt: now, latencyMs: null, uptimeBps: null },
        ...{ offerAt: now, stale: false, offer: offer({ leases: 2 }) },
      },
    ]);
    expect(await api.node(1n)).to.deep.equal(nodes[0]);
    expect(await codeOf(api.node(2n))).to.equal("NODE_UNKNOWN");
  });

  it("tells the strikes that the chain has", async () => {
    const { world, api } = await setup();
    await world.join(1n, { facts: { strikes: 3 } });
    expect((await api.node(1n)).strikes).to.equal(3);
  });

  it("filters, sorts and pages, while nodes come and leave", async () => {
    const { world, api } = await setup();
    for (let id = 1n; id <= 9n; id += 1n)
      await world.join(id, { facts: { region: id % 2n === 0n ? "even" : "odd" } });
    const query: NodesQueryText = { region: "odd", online: "true", sort: "id", order: "desc", limit: "2" };
    const first = await api.nodes(query);
    expect([idsOf(first.nodes), first.total]).to.deep.equal([[9, 7], 5]);
    world.nodes.offline(5n);
    await world.join(11n, { facts: { region: "odd" } });
    const second = await api.nodes({ ...query, cursor: first.nextCursor ?? "" });
    expect([idsOf(second.nodes), second.total, second.nextCursor]).to.deep.equal([[3, 1], 5, null]);
  });

  it("lists a hundred nodes where no number is named, and 500 at most", async () => {
    const { world, api } = await setup();
    for (let id = 1n; id <= 101n; id += 1n) await world.join(id);
    const { nodes, nextCursor, total } = await api.nodes();
    expect([nodes.length, total]).to.deep.equal([100, 101]);
    expect(idsOf((await api.nodes({ cursor: nextCursor ?? "" })).nodes)).to.deep.equal([101]);
    expect((await api.nodes({ limit: "500" })).nodes).to.have.length(101);
    expect(await codeOf(api.nodes({ limit: "501" }))).to.equal("INPUT_INVALID");
  });

  for (const [what, query] of [
    ["an unknown parameter", "colour=red"],
    ["one given twice", "mode=fizz&mode=provider"],
    ["a number that is none", "minFreeMilliCpu=many"],
    ["a negative number", "minFreeMilliCpu=-1"],
    ["a fraction", "limit=1.5"],
    ["no nodes", "limit=0"],
    ["a word that is neither true nor false", "online=yes"],
    ["an address that is none", "owner=0x12"],
    ["an unknown GPU", "gpuModel=abacus"],
    ["an unknown order", "sort=beauty"],
    ["a tier that is none", "minCpuTier=12"],
    ["more regions than there may be", `region=${"a,".repeat(20)}a`],
    ["a price without a token", "maxCpuPerHour=5"],
    ["an order by price without a token", "sort=price"],
    ["a cursor of something else", "cursor=12"],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { url } = await setup();
      const answer = await fetch(`${url}/v1/nodes?${query}`);
      expect(answer.status).to.equal(400);
      expect(await answer.json()).to.have.nested.property("error.code", "INPUT_INVALID");
    });

  it("marks what was not heard for two pulses as stale, with its age", async () => {
    const { world, api } = await setup();
    await world.join(1n);
    const heardAt = world.now;
    world.now += PULSE_MS;
    world.nodes.seen(1n, 20);
    world.now += 2 * PULSE_MS;
    world.nodes.age();
    expect(await api.node(1n)).to.include({ stale: false, offerAt: heardAt, lastSeenAt: heardAt + PULSE_MS });
    world.now += 1;
    world.nodes.age();
    const { nodes, now } = await api.nodes({ stale: "true" });
    expect(nodes.map(({ lastSeenAt }) => now - lastSeenAt)).to.deep.equal([2 * PULSE_MS + 1]);
    world.nodes.update(1n, { offer: offer(), latencyMs: 20 });
    expect(await api.node(1n)).to.include({ stale: false, offerAt: world.now, latencyMs: 20 });
  });

  it("measures uptime from pulses, also of a node that is away", async () => {
    const { world, api } = await setup();
    await world.join(1n);
    for (let minute = 0; minute < 60; minute += 1) {
      world.now += PULSE_MS;
      world.nodes.seen(1n, null);
    }
    expect((await api.node(1n)).uptimeBps).to.equal(10_000);
    world.nodes.offline(1n);
    world.now += 59 * PULSE_MS;
    world.nodes.age();
    expect((await api.node(1n)).uptimeBps).to.equal(Math.floor((10_000 * 61) / 119));
    expect(await api.nodes({ minUptimeBps: "9000" })).to.include({ total: 0 });
  });

  it("follows a node that drains, leaves and comes back", async () => {
    const { world, api } = await setup();
    await world.join(1n);
    const { facts } = world.nodes.require(1n);
    world.chain.addNode({ ...facts, status: "draining" });
    world.chain.advance();
    const drained = await settled(
      () => api.nodes({ draining: "true" }),
      ({ total }) => total === 1,
    );
    expect(drained.nodes[0]).to.include({ online: true, acceptsOrders: false, status: "draining" });
    world.nodes.offline(1n);
    world.now += HELLO_SILENCE_MS;
    world.nodes.age();
    expect(await api.node(1n)).to.include({ online: false, stale: true });
    await world.join(1n);
    expect(await api.node(1n)).to.include({
      online: true,
      stale: false,
      acceptsOrders: true,
      draining: false,
    });
  });

  it("drops the node that is away longest where there is no room", async () => {
    const { world, api } = await setup({ maxNodes: 1 });
    for (let id = 1n; id <= 3n; id += 1n) {
      world.now += 1;
      await world.join(id);
      world.nodes.offline(id);
    }
    expect(idsOf((await api.nodes()).nodes)).to.deep.equal([2, 3]);
    expect(await codeOf(api.node(1n))).to.equal("NODE_UNKNOWN");
  });

  it("shows nothing as free where less is registered than leased", async () => {
    const { world, api } = await setup();
    const { total } = offer();
    await world.join(1n, { facts: { total: HALF, used: total } });
    expect(unpackResources((await api.node(1n)).free)).to.deep.equal(unpackResources(0n));
  });

  async function setup(init: Parameters<typeof directoryWorld>[0] = {}) {
    const world: DirectoryWorld = directoryWorld(init);
    const { server, url } = await serveDirectory(world);
    await world.nodes.start();
    running.push(async () => {
      await world.nodes.stop();
      await server.stop();
    });
    return { world, url, api: gatewayApi({ baseUrl: url, fetch }) };
  }

  async function settled<Value>(
    read: () => Promise<Value>,
    check: (value: Value) => boolean,
  ): Promise<Value> {
    for (const until = Date.now() + 30_000; Date.now() < until;) {
      const value = await read();
      if (check(value)) return value;
    }
    throw new Error("It did not come true in time.");
  }
});

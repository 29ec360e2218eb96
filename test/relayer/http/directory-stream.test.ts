import { expect } from "chai";
import { DirectoryDesk } from "../../../relayer/src/services/directory-desk.ts";
import { NodeFeed } from "../../../relayer/src/services/node-feed.ts";
import { eventually, nodeFacts, testKey } from "../support/builders.ts";
import { type DirectoryWorld, directoryWorld, serveDirectory } from "../support/directory-world.ts";
import { EventReader } from "../support/event-reader.ts";
import { addressOfKey, sayHello, startGatewayFixture, startPeer } from "../support/gateway-fixture.ts";

type Init = NonNullable<Parameters<typeof directoryWorld>[0]>;
type Limits = NonNullable<Parameters<typeof serveDirectory>[1]>;

describe("the directory as a stream", () => {
  const running: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("begins with a snapshot, and tells then what changed alone", async () => {
    const { world, read } = await setup();
    await join(world, 1, 450);
    await calm(world);
    const reader = await read();
    await eventually(() => reader.of("beat").length > 0);
    const parts = reader
      .of("snapshot")
      .map(({ data }) => JSON.parse(data) as { begin: boolean; end: boolean });
    expect(parts.map(({ begin, end }) => [begin, end])).to.deep.equal([
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(reader.known().size).to.equal(450);
    world.nodes.offline(7n);
    await eventually(() => reader.of("delta").length === 1);
    expect(reader.known().get(7)).to.equal(false);
    expect(JSON.parse(reader.of("delta")[0]?.data ?? "")).to.containSubset({
      nodes: [{ nodeId: "7" }],
      removed: [],
    });
    expect(reader.of("delta")[0]?.data.length).to.be.below(1_500);
  });

  it("costs each reader one message for many changes of one node, with its last state", async () => {
    const { world, read } = await setup();
    await join(world, 1, 3);
    await calm(world);
    const readers = [await read(), await read(), await read()];
    await eventually(() => readers.every((reader) => reader.of("beat").length > 0));
    for (let n = 0; n < 5; n += 1) {
      world.nodes.offline(1n);
      world.nodes.online(1n);
    }
    world.nodes.offline(1n);
    await eventually(() => readers.every((reader) => reader.of("delta").length > 0));
    world.nodes.offline(2n);
    await eventually(() => readers.every((reader) => reader.known().get(2) === false));
    const sent = readers.map((reader) => reader.of("delta"));
    expect(sent.map((deltas) => deltas.length)).to.deep.equal([2, 2, 2]);
    expect(new Set(sent.map((deltas) => JSON.stringify(deltas))).size, "the same bytes for all").to.equal(1);
    expect(readers[0]?.known().get(1)).to.equal(false);
  });

  it("tells nothing for pulses", async () => {
    const { world, read } = await setup();
    await join(world, 1, 2);
    await calm(world);
    const reader = await read();
    await eventually(() => reader.of("beat").length > 0);
    for (let n = 0; n < 5; n += 1) world.nodes.seen(1n, null);
    world.nodes.offline(2n);
    await eventually(() => reader.of("delta").length > 0);
    expect(reader.known().get(2)).to.equal(false);
    expect(reader.of("delta")[0]?.data).not.to.contain('"nodeId":"1"');
  });

  for (const way of ["query", "header"] as const)
    it(`goes on from a cursor of the ${way} with what changed since`, async () => {
      const { world, read } = await setup();
      await join(world, 1, 5);
      await calm(world);
      const first = await read();
      await eventually(() => first.of("beat").length > 0);
      const { cursor } = first;
      first.stop();
      world.nodes.offline(2n);
      await calm(world);
      world.nodes.offline(3n);
      world.nodes.online(2n);
      await calm(world);
      const next =
        way === "query" ? await read(`?cursor=${cursor}`) : await read("", { "last-event-id": cursor });
      await eventually(() => next.of("beat").length > 0);
      expect(next.of("snapshot")).to.deep.equal([]);
      expect(next.known(first.known())).to.deep.equal(online([1, 2, 4, 5], [3]));
      expect(next.of("delta")[0]?.data).not.to.contain('"nodeId":"1"');
    });

  it("begins anew with a cursor that is too old, or of another process", async () => {
    const { world, read } = await setup({ feed: { calmMs: 5, maxLoggedNodes: 2 } });
    await join(world, 1, 5);
    await calm(world);
    const first = await read();
    await eventually(() => first.of("beat").length > 0);
    for (const id of [1n, 2n, 3n]) {
      world.nodes.offline(id);
      await calm(world);
    }
    const other = await setup();
    for (const cursor of [
      first.events.find(({ id }) => id !== undefined)?.id,
      other.world.feed.cursorOf(0),
      "x",
    ]) {
      const reader = await read(`?cursor=${cursor}`);
      await eventually(() => reader.of("beat").length > 0);
      expect(reader.of("snapshot"), cursor).to.have.length(1);
      expect(reader.known()).to.deep.equal(online([4, 5], [1, 2, 3]));
    }
  });

  it("loses nothing that changes while a snapshot is read slowly", async () => {
    const { world, read } = await setup({ maxNodes: 12_000 });
    // More than the kernel takes.
    await join(world, 1, 12_000);
    await calm(world);
    const reader = await read();
    reader.pause();
    for (let id = 1n; id <= 12_000n; id += 137n) world.nodes.offline(id);
    await calm(world);
    expect(reader.cursor, "still on its way").to.equal("");
    reader.resume();
    await eventually(() => reader.of("beat").length > 0, 20_000);
    const expected = new Map(world.nodes.views().map((view) => [Number(view.facts.nodeId), view.online]));
    expect(reader.known()).to.deep.equal(expected);
  }).timeout(60_000);

  it("tells which node is no longer listed", async () => {
    const { world, read } = await setup({ maxNodes: 1 });
    await join(world, 1, 1);
    world.nodes.offline(1n);
    world.now += 1;
    await join(world, 2, 1);
    world.nodes.offline(2n);
    await calm(world);
    const reader = await read();
    await eventually(() => reader.of("beat").length > 0);
    await join(world, 3, 1);
    await eventually(() => reader.known().has(3));
    expect(reader.known()).to.deep.equal(online([3], [2]));
  });

  it("tells many changes at once in messages of a hundred nodes", async () => {
    const { world, read } = await setup();
    await join(world, 1, 350);
    await calm(world);
    const reader = await read();
    await eventually(() => reader.of("beat").length > 0);
    for (const { facts } of world.nodes.views()) world.nodes.offline(facts.nodeId);
    await eventually(() => [...reader.known().values()].every((isOnline) => !isOnline));
    const sizes = reader
      .of("delta")
      .map(({ data }) => (JSON.parse(data) as { nodes: unknown[] }).nodes.length);
    expect(sizes).to.deep.equal([100, 100, 100, 50]);
  });

  it("drops a reader that does not read, and takes it back where it stood", async () => {
    const { world, read } = await setup({}, { maxWaitingBytes: 10_000 });
    await join(world, 1, 100);
    await calm(world);
    const [slow, quick] = [await read(), await read()];
    await eventually(() => slow.of("beat").length > 0 && quick.of("beat").length > 0);
    slow.pause();
    // The kernel takes some megabytes before anything waits.
    for (let round = 0; quick.of("delta").length < 300; round += 1) {
      const before = quick.of("delta").length;
      for (let id = 1n; id <= 100n; id += 1n)
        if (round % 2 === 0) world.nodes.offline(id);
        else world.nodes.online(id);
      await eventually(() => quick.of("delta").length > before);
    }
    slow.resume();
    await eventually(() => slow.isOver);
    expect(quick.isOver).to.equal(false);
    const back = await read(`?cursor=${slow.cursor}`);
    await eventually(() => back.of("beat").length > 0);
    expect(back.of("snapshot")).to.deep.equal([]);
    expect(back.known(slow.known())).to.deep.equal(quick.known());
  }).timeout(60_000);

  it("drops a reader that does not take its snapshot", async () => {
    const { world, read, url } = await setup({ maxNodes: 20_000 }, { stallMs: 200, maxReaders: 1 });
    await join(world, 1, 20_000);
    const reader = await read();
    reader.pause();
    await eventually(async () => (await fetch(`${url}/v1/nodes/stream`)).status === 200, 20_000);
    reader.resume();
    await eventually(() => reader.isOver);
    expect(reader.cursor, "nothing to go on from").to.equal("");
  }).timeout(60_000);

  it("beats while nothing happens", async () => {
    const { world, read } = await setup({}, { beatMs: 10 });
    const reader = await read();
    await eventually(() => reader.of("beat").length >= 3);
    expect(JSON.parse(reader.of("beat")[2]?.data ?? "")).to.deep.equal({ now: world.now });
  });

  it("takes so many readers and no more, and gives a place back", async () => {
    const { read, url } = await setup({}, { maxReaders: 2 });
    const first = await read();
    await read();
    const refused = await fetch(`${url}/v1/nodes/stream`);
    expect(refused.status).to.equal(503);
    expect(await refused.json()).to.have.nested.property("error.code", "LIMIT_REACHED");
    first.stop();
    await eventually(async () => {
      const reader = new EventReader(`${url}/v1/nodes/stream`);
      running.push(() => {
        reader.stop();
      });
      return (await reader.begin()).statusCode === 200;
    });
  });

  it("lets one address take so many of the places, whose others are for others", async () => {
    const { read, url } = await setup({}, { maxReaders: 10, maxReadersEach: 1 });
    await read();
    expect(await (await fetch(`${url}/v1/nodes/stream`)).text()).to.include("You have 1");
  });

  it("refuses a query that it does not know", async () => {
    const { url } = await setup();
    const answer = await fetch(`${url}/v1/nodes/stream?since=1`);
    expect(await answer.json()).to.have.nested.property("error.code", "INPUT_INVALID");
  });

  it("lets every origin in, and ends when the server does", async () => {
    const { read, server } = await setup();
    const reader = await read("", { origin: "https://anywhere.example" });
    expect(reader.headers["access-control-allow-origin"]).to.equal("*");
    expect(reader.headers["content-type"]).to.contain("text/event-stream");
    await server.stop();
    await eventually(() => reader.isOver);
  });

  it("follows real nodes that come, drain, leave and come back", async () => {
    const gateway = await startGatewayFixture();
    running.push(() => gateway.stop());
    const desk = new DirectoryDesk({ nodes: gateway.nodes, clock: Date.now });
    const feed = new NodeFeed({ nodes: gateway.nodes, desk, clock: Date.now });
    feed.start();
    const { server, url } = await serveDirectory({ desk, feed });
    running.push(async () => {
      feed.stop();
      await server.stop();
    });
    const reader = new EventReader(`${url}/v1/nodes/stream`);
    running.push(() => {
      reader.stop();
    });
    await reader.begin();
    const facts = nodeFacts({ operator: addressOfKey(testKey(1)) });
    gateway.chain.addNode(facts);
    const last = (): unknown => JSON.parse(reader.of("delta").at(-1)?.data ?? "{}");
    const told = async (entry: object): Promise<void> => {
      await eventually(() => {
        const { nodes = [] } = last() as { nodes?: object[] };
        return nodes.some((node) =>
          Object.entries(entry).every(([key, value]) => Reflect.get(node, key) === value),
        );
      });
    };
    let peer = await startPeer(testKey(1));
    await sayHello(peer, gateway.host);
    await told({ nodeId: "1", online: true, acceptsOrders: true, draining: false });
    gateway.chain.addNode({ ...facts, status: "draining" });
    gateway.chain.advance(1n, { nodeIds: new Set([1n]) });
    await told({ nodeId: "1", online: true, acceptsOrders: false, draining: true, status: "draining" });
    await peer.stop();
    await told({ nodeId: "1", online: false, acceptsOrders: false });
    gateway.chain.addNode(facts);
    peer = await startPeer(testKey(1));
    running.push(() => peer.stop());
    await sayHello(peer, gateway.host);
    await told({ nodeId: "1", online: true, acceptsOrders: true, draining: false });
  });

  async function setup(init: Init = {}, limits: Limits = {}) {
    const world = directoryWorld({ feed: { calmMs: 5 }, ...init });
    world.feed.start();
    const { server, url } = await serveDirectory(world, limits);
    running.push(async () => {
      world.feed.stop();
      await server.stop();
    });
    const read = async (query = "", headers: Record<string, string> = {}) => {
      const reader = new EventReader(`${url}/v1/nodes/stream${query}`, headers);
      running.push(() => {
        reader.stop();
      });
      const answer = await reader.begin();
      expect(answer.statusCode).to.equal(200);
      return Object.assign(reader, { headers: answer.headers });
    };
    return { world, server, url, read };
  }

  async function join(world: DirectoryWorld, first: number, count: number): Promise<void> {
    for (let id = first; id < first + count; id += 1) await world.join(BigInt(id));
  }

  /** Waits until nothing is left to tell. */
  async function calm(world: DirectoryWorld): Promise<void> {
    for (let before = -1; before !== world.feed.position;) {
      before = world.feed.position;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  function online(here: readonly number[], away: readonly number[]): Map<number, boolean> {
    return new Map([...here, ...away].sort((a, b) => a - b).map((id) => [id, here.includes(id)]));
  }
});

import { gatewayApi } from "@fizz/protocol/gateway-api";
import { fromWire, nodesDeltaSchema } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type RoundEvent } from "../../../relayer/src/domain/node-rounds.ts";
import { RoundsBook } from "../../../relayer/src/services/rounds-book.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually, memoryLogger } from "../support/builders.ts";
import { directoryWorld, idsOf, serveDirectory } from "../support/directory-world.ts";
import { EventReader } from "../support/event-reader.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { blockHash, ORIGIN } from "../support/history-events.ts";
import { FAULT, postedEvent, timeOf, verdictEvent } from "../support/round-events.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const NODES = 25;
/** Of a message about what is said of all alike. */
const MOST_ALIKE = 10;

describe("capacity rounds in the directory over HTTP", function () {
  this.timeout(300_000);
  const running: (() => unknown)[] = [];
  let whole: SqlStore;
  before(async () => {
    whole = new SqlStore(temporaryEngine());
    await whole.start();
  });
  after(() => whole.stop());
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("choose nodes: convicted or not, and by results; one that is not known is neither", async () => {
    const { api, write } = await setup(3);
    const list = async (query: object): Promise<number[]> => idsOf((await api.nodes(query)).nodes);
    for (const query of [{ convicted: "true" }, { convicted: "false" }, { roundResult: "unknown" }])
      expect(await list(query)).to.deep.equal([]);
    await write([convicts(2, 5), postedEvent(2, { block: 6 }), convicts(3, 7, 2)]);
    expect(await list({ convicted: "true" })).to.deep.equal([2, 3]);
    expect(await list({ convicted: "false" })).to.deep.equal([1]);
    expect(await list({ roundResult: "convicted" })).to.deep.equal([3]);
    expect(await list({ roundResult: "void,unknown", convicted: "true" })).to.deep.equal([2]);
    for (const query of [{ convicted: "yes" }, { roundResult: "passed" }, { roundResult: "" }])
      expect(await codeOf(list(query))).to.equal("INPUT_INVALID");
  });

  it("tells what is said of one node at once, and what is said of all a few nodes at a time", async () => {
    const { url, write, api } = await setup(NODES);
    await write([postedEvent(1, { block: 5 })]);
    const reader = new EventReader(`${url}/v1/nodes/stream`);
    running.push(() => {
      reader.stop();
    });
    await reader.begin();
    await eventually(() => reader.of("beat").length > 0);
    const before = reader.of("delta").length;
    await write([postedEvent(2, { block: 6 })]);
    expect((await api.node(7n)).rounds?.posted?.round, "a page is right at once").to.equal(2);
    const told = () =>
      reader
        .of("delta")
        .slice(before)
        .map(({ data }) => fromWire(nodesDeltaSchema, JSON.parse(data)).nodes);
    await eventually(() => new Set(idsOf(told().flat())).size === NODES);
    expect(told().every(({ length }) => length <= MOST_ALIKE)).to.equal(true);
    expect(
      told()
        .flat()
        .every(({ rounds }) => rounds?.posted?.round === 2),
    ).to.equal(true);
    const known = told().length;
    await write([convicts(20, 7, 2)]);
    await eventually(() => told().length > known);
    expect(told().slice(known).map(idsOf)).to.deep.equal([[20]]);
    expect(told().at(-1)?.[0]?.rounds?.result).to.equal("convicted");
  });

  it("are missing until they were read to the head, and then what was read stays", async () => {
    const { desk, book, write, store } = await setup(1);
    const told = () => desk.node(1n).node;
    await book.look();
    expect(told(), "it has only begun").not.to.have.property("rounds");
    await write([convicts(1, 5)], { head: 1_000n });
    expect(told(), "it is far behind").not.to.have.property("rounds");
    await write([postedEvent(2, { block: 6 })]);
    expect(told().rounds).to.deep.include({ since: 0, result: "unknown" });
    expect(told().rounds?.convicted).to.deep.include({ count: 1, round: 1 });
    await store.begin(ORIGIN);
    await write([], { head: 1_000n, block: 7n });
    expect(told().rounds?.posted?.round, "it is read again from its beginning").to.equal(2);
    await whole.stop();
    await book.look();
    expect(told().rounds?.posted?.round).to.equal(2);
  });

  async function setup(nodes: number) {
    const store = whole.rounds();
    await store.begin(ORIGIN);
    const book = new RoundsBook({ store, chain: new FakeChain(), logger: memoryLogger() });
    const world = directoryWorld({ rounds: book, feed: { calmMs: 20, alikeEveryMs: 60 } });
    world.feed.start();
    for (let id = 1n; id <= nodes; id += 1n) await world.join(id);
    const { server, url } = await serveDirectory(world);
    running.push(async () => {
      world.feed.stop();
      await server.stop();
    });
    const write = async (
      events: readonly RoundEvent[],
      init: { readonly head?: bigint; readonly block?: bigint } = {},
    ): Promise<void> => {
      const at = await store.checkpoint();
      const number = init.block ?? events.at(-1)?.block ?? 0n;
      if (at === undefined) throw new Error("nothing to stand on");
      const blocks = [{ number, hash: blockHash(number), time: timeOf(Number(number)) }];
      const batch = { expected: at, fork: at, blocks, events, head: init.head ?? number };
      expect(await store.append(batch)).to.equal(true);
      await book.look();
    };
    return { api: gatewayApi({ baseUrl: url, fetch }), desk: world.desk, url, book, write, store };
  }

  function convicts(nodeId: number, block: number, round = 1): RoundEvent {
    return verdictEvent(FAULT.falseCapacity, { nodeId, round }, { block });
  }
});

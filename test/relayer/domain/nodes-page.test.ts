import {
  fromWire,
  nodesQuerySchema,
  type NodesQueryText,
  nodesSorts,
  type PriceList,
} from "@fizz/protocol/messages";
import { packResources } from "@fizz/protocol/manifest";
import { findGpuModel } from "@fizz/protocol/tiers";
import { expect } from "chai";
import fc from "fast-check";
import { zeroAddress } from "viem";
import { DirectoryRecord } from "../../../relayer/src/domain/directory-entry.ts";
import { pageOf } from "../../../relayer/src/domain/nodes-page.ts";
import { type NodeView } from "../../../relayer/src/ports.ts";
import { machine } from "../../support/machine.ts";
import { MARKET, nodeFacts, nodeView, offer } from "../support/builders.ts";

const NONE = { milliCpu: 0, memoryMiB: 0, storageGiB: 0, gpuUnits: 0, gpuModel: 0 };
const T4 = findGpuModel("t4")?.index ?? 0;
const TOKEN = MARKET;
const FACTS = nodeFacts();
const EPYC = { cpuModel: "AMD EPYC 7763", architecture: "arm64", bandwidthMbps: 200 };
const FIGURES = "sort=freeStorage, cpuTier, gpuTier, bandwidth";

describe("pageOf", () => {
  it("lists all by node id, with how many there are", () => {
    const page = ask([node(3n), node(1n), node(2n)], {});
    expect(page).to.deep.equal({ ids: [1, 2, 3], total: 3, nextCursor: null });
  });

  const free = packResources({ ...NONE, milliCpu: 4_000, memoryMiB: 2_048, storageGiB: 10 });
  const gpus = packResources({ ...NONE, gpuUnits: 2, gpuModel: T4 });
  const prices = { ...offer().prices, cpuPerHour: 5n, gpuPerHour: { t4: 7n } };
  const busy = offer({ leases: 10, maxLeases: 10 });
  const cases: readonly (readonly [string, NodeView, NodesQueryText, NodesQueryText])[] = [
    ["mode", node(1n, { facts: { mode: "provider" } }), { mode: "provider" }, { mode: "fizz" }],
    ["region", node(1n, { facts: { region: "x" } }), { region: "y,x" }, { region: "y" }],
    ["online", node(1n), { online: "true" }, { online: "false" }],
    ["orders", node(1n, { offer: busy }), { acceptsOrders: "false" }, { acceptsOrders: "true" }],
    ["draining", node(1n, { facts: { status: "draining" } }), { draining: "true" }, { draining: "false" }],
    ["exiting", node(1n, { facts: { status: "exiting" } }), { draining: "true" }, { acceptsOrders: "true" }],
    ["stale", node(1n, { stale: true }), { stale: "true" }, { stale: "false" }],
    ["cpu", node(1n, { offer: offer({ free }) }), cpu(4_000), cpu(4_001)],
    ["memory", node(1n, { offer: offer({ free }) }), memory(2_048), memory(2_049)],
    ["storage", node(1n, { offer: offer({ free }) }), storage(10), storage(11)],
    ["what the chain leaves", node(1n, { facts: { used: free } }), cpu(4_000), cpu(4_001)],
    ["GPUs", gpuNode(), { minFreeGpus: "2" }, { minFreeGpus: "3" }],
    ["GPU model", gpuNode(), { gpuModel: "a100,Tesla T4" }, { gpuModel: "a100" }],
    ["CPU tier", node(1n, { facts: { cpuTier: 3 } }), { minCpuTier: "3" }, { minCpuTier: "4" }],
    ["GPU tier", node(1n, { facts: { gpuTier: 3 } }), { minGpuTier: "3" }, { minGpuTier: "4" }],
    ["trust tier", node(1n), { maxTrustTier: "7" }, { maxTrustTier: "6" }],
    ["uptime", node(1n, { uptimeBps: 9_900 }), { minUptimeBps: "9900" }, { minUptimeBps: "9901" }],
    ["no uptime", node(1n), {}, { minUptimeBps: "0" }],
    ["latency", node(1n, { latencyMs: 10 }), { maxLatencyMs: "10" }, { maxLatencyMs: "9" }],
    ["no latency", node(1n, { latencyMs: null }), {}, { maxLatencyMs: "9999" }],
    ["CPU model", machineNode(), { cpuModel: "xeon,epyc" }, { cpuModel: "xeon" }],
    ["no CPU model", node(1n), {}, { cpuModel: "xeon" }],
    ["architecture", machineNode(), { architecture: "arm64" }, { architecture: "x64" }],
    ["bandwidth", machineNode(), { minBandwidthMbps: "200" }, { minBandwidthMbps: "201" }],
    ["no bandwidth", node(1n), {}, { minBandwidthMbps: "0" }],
    ["version", node(1n, { agentVersion: "0.2.0" }), { agentVersion: "0.2.0" }, { agentVersion: "0.2" }],
    ["owner", node(1n), { owner: FACTS.owner.toLowerCase() }, { owner: zeroAddress }],
    ["operator", node(1n), { operator: FACTS.operator }, { operator: zeroAddress }],
    ["token", node(1n), { token: "native" }, { token: TOKEN }],
    ["CPU price", node(1n, { offer: offer({ prices }) }), most("Cpu", 5), most("Cpu", 4)],
    ["memory price", node(1n), most("MemoryGiB", 1), most("MemoryGiB", 0)],
    ["storage price", node(1n), most("StorageGiB", 1), most("StorageGiB", 0)],
    ["GPU price", gpuNode(), most("Gpu", 7), most("Gpu", 6)],
    ["no GPU", node(1n, { offer: offer({ prices }) }), {}, most("Gpu", 9)],
  ];
  for (const [what, view, taken, left] of cases)
    it(`tells by ${what}`, () => {
      expect(ask([view], taken).ids, "taken").to.deep.equal([1]);
      expect(ask([view], left), "left").to.deep.equal({ ids: [], total: 0, nextCursor: null });
    });

  it("takes the price of any other model for one without its own", () => {
    const other = { ...offer().prices, gpuPerHour: { "*": 7n } };
    expect(ask([gpuNode(other)], most("Gpu", 7)).ids).to.deep.equal([1]);
    expect(ask([gpuNode(other)], most("Gpu", 6)).ids).to.deep.equal([]);
  });

  for (const [order, ids] of [
    ["asc", [2, 1, 4, 3]],
    ["desc", [1, 4, 2, 3]],
  ] as const)
    it(`sorts ${order}, equal ones by id and those without the figure last`, () => {
      const views = [9_000, 8_000, null, 9_000].map((uptimeBps, at) => node(BigInt(at + 1), { uptimeBps }));
      expect(ask(views, { sort: "uptime", order }).ids).to.deep.equal(ids);
    });

  it(`sorts by what a node has: ${FIGURES}`, () => {
    const storageOf = (storageGiB: number): bigint => packResources({ ...NONE, storageGiB });
    const views = [
      node(1n, { facts: { cpuTier: 3, gpuTier: 1 }, offer: offer({ free: storageOf(7) }) }),
      node(2n, {
        facts: { cpuTier: 1, gpuTier: 3 },
        offer: offer({ free: storageOf(9), machine: machine({ bandwidthMbps: 50 }) }),
      }),
      node(3n, {
        facts: { cpuTier: 2, gpuTier: 2 },
        offer: offer({ free: storageOf(8), machine: machine({ bandwidthMbps: 900 }) }),
      }),
    ];
    const by = (sort: (typeof nodesSorts)[number]): number[] => ask(views, { sort, order: "desc" }).ids;
    expect(
      ["freeStorage", "cpuTier", "gpuTier", "bandwidth"].map((sort) => by(sort as "bandwidth")),
    ).to.deep.equal([
      [2, 3, 1],
      [1, 3, 2],
      [2, 3, 1],
      [3, 2, 1],
    ]);
  });

  it("compares prices as whole numbers of any size", () => {
    const views = [10n ** 20n + 1n, 10n ** 20n, 9n].map((cpuPerHour, at) =>
      node(BigInt(at + 1), { offer: offer({ prices: { ...offer().prices, cpuPerHour } }) }),
    );
    const query = { sort: "price", token: "native", limit: "1" } as const;
    const first = ask(views, query);
    const second = ask(views, { ...query, cursor: first.nextCursor ?? "" });
    const third = ask(views, { ...query, cursor: second.nextCursor ?? "" });
    expect([first.ids, second.ids, third.ids, third.nextCursor]).to.deep.equal([[3], [2], [1], null]);
  });

  it("shows every node that stays once, whatever the others do between the pages", () => {
    const figure = fc.option(fc.integer({ min: 0, max: 4 }), { nil: null });
    const list = fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 40 }), figure }), {
      selector: ({ id }) => id,
      maxLength: 30,
    });
    const sort = fc.constantFrom(...nodesSorts.filter((name) => !name.toLowerCase().includes("price")));
    const order = fc.constantFrom("asc" as const, "desc" as const);
    fc.assert(
      fc.property(
        list,
        list,
        fc.record({ sort, order, limit: fc.integer({ min: 1, max: 5 }) }),
        (stay, come, wish) => {
          const query = { ...wish, limit: String(wish.limit) };
          const ids = new Set(stay.map(({ id }) => id));
          const others = come.filter(({ id }) => !ids.has(id));
          const seen: number[] = [];
          let cursor: string | null = null;
          let pages = 0;
          do {
            const here = pages % 2 === 0 ? [...stay, ...others] : stay;
            const views = here.map(({ id, figure: value }) => figured(id, value));
            const page = ask(views, cursor === null ? query : { ...query, cursor });
            expect(page.total).to.equal(here.length);
            expect(page.ids.length).to.be.at.most(wish.limit);
            seen.push(...page.ids);
            cursor = page.nextCursor;
            pages += 1;
          } while (cursor !== null);
          const kept = seen.filter((id) => ids.has(id));
          const all = ask(
            stay.map(({ id, figure: value }) => figured(id, value)),
            { ...wish, limit: "500" },
          ).ids;
          expect(kept).to.deep.equal(all);
        },
      ),
    );
  });

  it("refuses a cursor that is none, or of another order", () => {
    const { nextCursor } = ask([node(1n), node(2n)], { limit: "1", sort: "freeCpu" });
    for (const query of [
      { cursor: "x" },
      { cursor: "id.asc.0" },
      { cursor: nextCursor ?? "" },
      { cursor: nextCursor ?? "", sort: "freeCpu", order: "desc" },
    ] as const)
      expect(() => ask([], query))
        .to.throw()
        .with.property("code", "INPUT_INVALID");
  });

  function ask(views: readonly NodeView[], query: NodesQueryText) {
    const page = pageOf(
      views.map((view) => new DirectoryRecord(view)),
      fromWire(nodesQuerySchema, query),
    );
    const ids = page.records.map(({ entry }) => Number(entry.nodeId));
    return { ids, total: page.total, nextCursor: page.nextCursor };
  }

  function figured(id: number, value: number | null): NodeView {
    const milliCpu = packResources({ ...NONE, milliCpu: value ?? 0, memoryMiB: value ?? 0 });
    return node(BigInt(id), { uptimeBps: value, latencyMs: value, offer: offer({ free: milliCpu }) });
  }

  function gpuNode(own: PriceList = prices): NodeView {
    return node(1n, { facts: { total: gpus }, offer: offer({ free: gpus, prices: own }) });
  }
});

function node(
  nodeId: bigint,
  { facts, ...view }: Omit<Partial<NodeView>, "facts"> & { facts?: Partial<NodeView["facts"]> } = {},
): NodeView {
  return nodeView({ ...view, facts: { ...FACTS, nodeId, ...facts } });
}

function machineNode(): NodeView {
  return node(1n, { offer: offer({ machine: machine(EPYC) }) });
}

function cpu(milliCpu: number): NodesQueryText {
  return { minFreeMilliCpu: String(milliCpu) };
}

function memory(memoryMiB: number): NodesQueryText {
  return { minFreeMemoryMiB: String(memoryMiB) };
}

function storage(storageGiB: number): NodesQueryText {
  return { minFreeStorageGiB: String(storageGiB) };
}

function most(unit: "Cpu" | "MemoryGiB" | "StorageGiB" | "Gpu", price: number): NodesQueryText {
  return { token: "native", [`max${unit}PerHour`]: String(price) };
}

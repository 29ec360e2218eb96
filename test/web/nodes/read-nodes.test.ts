import { packResources } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { parseEther, zeroAddress } from "viem";
import type { NodeRow } from "../../../web/src/features/nodes/node-row.ts";
import { readNodes } from "../../../web/src/features/nodes/read-nodes.ts";
import { totalsOf } from "../../../web/src/features/nodes/subnet-totals.ts";

describe("readNodes", () => {
  it("unpacks resources, names tier and state", () => {
    const [row] = rowsOf([entry()]);
    expect(row).to.include({
      nodeId: "7",
      mode: "fizz",
      region: "germany",
      cpuTier: "Medium 1",
      state: "online",
      gpu: "none",
    });
    expect(row?.free.milliCpu).to.equal(1_500);
    expect(row?.cpuPerHour).to.equal(parseEther("0.0002"));
  });
  it("tells a node that takes no orders from one that is away", () => {
    const busy = { ...entry(), acceptsOrders: false };
    const away = { ...entry(), online: false };
    const rows = rowsOf([busy, away]);
    expect(rows.map(({ state }) => state)).to.deep.equal(["busy", "offline"]);
  });
  it("knows how a node holds the disk to its leases; one that does not say watches", () => {
    const quota = { ...entry(), offer: { ...entry().offer, disk: "quota" } };
    expect(rowsOf([quota, entry()]).map(({ disk }) => disk)).to.deep.equal(["quota", "watch"]);
  });
  it("reads what changed, and what left", () => {
    const news = readNodes("delta", JSON.stringify({ now: 1, nodes: [entry()], removed: ["3"] }));
    expect(news).to.containSubset({ kind: "delta", nodes: [{ nodeId: "7" }], removed: ["3"] });
  });
  it("says in a few words what the chain says of a node's capacity rounds", () => {
    const posted = { round: 12, at: 1, nodes: 2, points: "5" };
    const convicted = { count: 2, round: 12, subnetId: 1, at: 1 };
    const none = {
      since: 0,
      posted: null,
      result: "unknown",
      convicted: null,
      answered: null,
      finalised: null,
    };
    const said = (rounds?: object) => {
      const [row] = rowsOf([{ ...entry(), ...(rounds && { rounds: { ...none, ...rounds } }) }]);
      return [row?.capacity, row?.convictions];
    };
    expect(said()).to.deep.equal(["not known", 0]);
    expect(said({})).to.deep.equal(["no round yet", 0]);
    expect(said({ posted }), "unknown is not failed").to.deep.equal(["round 12: posted", 0]);
    expect(said({ posted, convicted, result: "convicted" })).to.deep.equal([
      ...["round 12: convicted, 1 conviction before", 2],
    ]);
    expect(said({ posted, convicted })).to.deep.equal(["round 12: posted, 2 convictions before", 2]);
  });
  it("refuses what is not a list of nodes", () => {
    expect(() => readNodes("delta", '{"now":1,"removed":[],"nodes":[{"nodeId":"1"}]}'))
      .to.throw()
      .with.property("code", "INPUT_INVALID");
  });
});

describe("totalsOf", () => {
  it("adds up what is online and finds the lowest price there", () => {
    const cheapButAway = { ...entry(), nodeId: "8", online: false };
    cheapButAway.offer = { ...entry().offer, prices: { ...entry().offer.prices, cpuPerHour: "1" } };
    const rows = rowsOf([entry(), { ...entry(), nodeId: "9" }, cheapButAway]);
    expect(totalsOf(rows)).to.deep.equal({
      nodes: 3,
      online: 2,
      freeMilliCpu: 3_000,
      totalMilliCpu: 8_000,
      freeMemoryMiB: 4_096,
      totalMemoryMiB: 16_384,
      lowestCpuPerHour: parseEther("0.0002"),
    });
  });
  it("knows no price where nobody is online", () => {
    const rows = rowsOf([{ ...entry(), online: false }]);
    expect(totalsOf(rows).lowestCpuPerHour).to.equal(undefined);
  });
});

function rowsOf(nodes: readonly object[]): readonly NodeRow[] {
  return readNodes("snapshot", JSON.stringify({ now: 1, begin: true, end: true, nodes })).nodes;
}

function entry() {
  const none = { gpuUnits: 0, gpuModel: 0 };
  const total = packResources({ milliCpu: 4_000, memoryMiB: 8_192, storageGiB: 100, ...none });
  const free = packResources({ milliCpu: 1_500, memoryMiB: 2_048, storageGiB: 90, ...none });
  return {
    nodeId: "7",
    operator: zeroAddress,
    owner: zeroAddress,
    peerId: "16Uiu2HAm",
    mode: "fizz",
    status: "active",
    region: "germany",
    cpuTier: 5,
    gpuTier: 0,
    trustTier: 7,
    strikes: 0,
    online: true,
    acceptsOrders: true,
    draining: false,
    total: total.toString(),
    free: free.toString(),
    agentVersion: "0.1.0",
    connectedAt: 1,
    lastSeenAt: 2,
    latencyMs: null,
    uptimeBps: null,
    offerAt: 1,
    stale: false,
    offer: {
      total: total.toString(),
      free: free.toString(),
      leases: 0,
      maxLeases: 10,
      acceptsOrders: true,
      prices: {
        token: zeroAddress,
        cpuPerHour: parseEther("0.0002").toString(),
        memoryGiBPerHour: "1",
        storageGiBPerHour: "1",
        gpuPerHour: {},
      },
    },
  };
}

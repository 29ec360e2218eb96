import { packResources } from "@fizz/protocol/manifest";
import { type NodeEntry, nodesQuerySchema, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type Address, numberToHex, parseEther, zeroAddress } from "viem";
import { type CliHome, createHome } from "./support/run.ts";

const GATEWAY = "http://gateway.test";
const RPC = "http://chain.test";
const CHAIN_ID = 31_337;
const MARKET: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const NONE = { gpuUnits: 0, gpuModel: 0 };

describe("fizz nodes", () => {
  let home: CliHome;
  let asked: string[];
  beforeEach(async () => {
    home = await createHome();
    asked = [];
    const contracts = { nodeRegistry: MARKET, subnetRegistry: MARKET, leaseMarket: MARKET };
    const network = { chainId: CHAIN_ID, rpcUrl: RPC, contracts, gatewayUrl: GATEWAY, webUrl: "", dev: true };
    await home.write(".fizz/network.json", toWire({ ...network, subnetId: 1 }));
  });
  afterEach(async () => {
    await home.remove();
  });

  it("list those that are there, with what holds the disk to a lease, and how to go on", async () => {
    const { code, stdout, stderr } = await run([
      "nodes",
      "list",
      "--region",
      "germany,france",
      "--limit",
      "2",
    ]);
    expect(code, stderr).to.equal(0);
    expect(asked).to.deep.equal(["/v1/nodes?online=true&region=germany%2Cfrance&limit=2"]);
    expect(stdout).to.match(/NODE +STATE +MODE +REGION +FREE +DISK LIMIT +UPTIME/);
    const free = "1\\.5 CPU, 2048 MiB, 90 GiB disk";
    expect(stdout).to.match(
      new RegExp(`7 +takes orders +fizz +germany +${free} +by the file system +99\\.5 %`),
    );
    expect(stdout).to.match(new RegExp(`8 +busy +fizz +germany +${free} +by watching +new`));
    expect(stderr).to.include("--cursor next");
  });

  it("list by what is free, what it costs and who it is, in the order that is wished", async () => {
    const wishes = [
      "--takes-orders",
      "--mode",
      "fizz",
      "--cpu",
      "1.5",
      "--memory",
      "2.5Gi",
      "--storage",
      "20500Mi",
    ];
    const more = ["--gpu", "rtx4090", "--cpu-model", "epyc,xeon", "--trust", "3", "--max-price", "0.0002"];
    const { code, stderr } = await run(["nodes", "list", ...wishes, ...more, "--sort", "price", "--desc"]);
    expect(code, stderr).to.equal(0);
    const query = new URLSearchParams(asked[0]?.split("?")[1]);
    expect(Object.fromEntries(query)).to.deep.equal({
      ...{ online: "true", acceptsOrders: "true", mode: "fizz" },
      ...{ minFreeMilliCpu: "1500", minFreeMemoryMiB: "2560", minFreeStorageGiB: "21" },
      ...{ gpuModel: "rtx4090", minFreeGpus: "1", cpuModel: "epyc,xeon", maxTrustTier: "3" },
      ...{ maxCpuPerHour: "200000000000000", token: "native", sort: "price", order: "desc" },
    });
    expect(nodesQuerySchema.safeParse(Object.fromEntries(query)).success).to.equal(true);
    for (const wrong of [
      ["--cpu", "x"],
      ["--memory", "4GB?"],
      ["--trust", "8"],
      ["--max-price", "-1"],
      ["--sort", "luck"],
    ])
      expect((await run(["nodes", "list", ...wrong])).code, wrong.join(" ")).to.equal(2);
  });

  it("show one: its prices, and in words what happens to a container with too much on disk", async () => {
    const quota = await run(["nodes", "show", "7"]);
    expect(quota.code, quota.stderr).to.equal(0);
    expect(quota.stdout).to.match(/Price of a CPU +0\.0002 ETH\/h/);
    expect(quota.stdout).to.match(/Disk limit +by the file system: Writes of a container fail/);
    const watched = await run(["nodes", "show", "8"]);
    expect(watched.stdout).to.match(/Disk limit +by watching: The node looks/);
    expect((await run(["nodes", "show", "7", "--json"])).json()).to.containSubset({
      offer: { disk: "quota" },
    });
  });

  it("tell also who is away, and refuse a page or a number that there cannot be", async () => {
    expect((await run(["nodes", "list", "--all", "--json"])).json()).to.have.property("nextCursor", "next");
    expect(asked).to.deep.equal(["/v1/nodes?"]);
    for (const argv of [["list", "--limit", "501"], ["show", "seven"], ["show"]])
      expect((await run(["nodes", ...argv])).code, argv.join(" ")).to.equal(2);
  });

  async function run(argv: readonly string[]) {
    return await home.run(argv, { fetch: answer });
  }

  function answer(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin === GATEWAY) {
      asked.push(`${url.pathname}${url.search === "" && url.pathname === "/v1/nodes" ? "?" : url.search}`);
      const nodes = [entry(7n, { disk: "quota" }, 9_950), entry(8n, {}, null)];
      const node = nodes.find(({ nodeId }) => url.pathname === `/v1/nodes/${nodeId}`);
      const page = { now: 3, total: 3, nextCursor: "next", nodes };
      return Promise.resolve(new Response(toWire(node === undefined ? page : { now: 3, node })));
    }
    const { id } = JSON.parse(typeof init?.body === "string" ? init.body : "{}") as { id: number };
    return Promise.resolve(Response.json({ jsonrpc: "2.0", id, result: numberToHex(CHAIN_ID) }));
  }

  function entry(nodeId: bigint, offer: { disk?: "quota" }, uptimeBps: number | null): NodeEntry {
    const total = packResources({ milliCpu: 4_000, memoryMiB: 8_192, storageGiB: 100, ...NONE });
    const free = packResources({ milliCpu: 1_500, memoryMiB: 2_048, storageGiB: 90, ...NONE });
    const acceptsOrders = nodeId === 7n;
    const prices = {
      ...{ token: zeroAddress, cpuPerHour: parseEther("0.0002"), memoryGiBPerHour: 1n },
      ...{ storageGiBPerHour: 1n, gpuPerHour: {} },
    };
    return {
      ...{ nodeId, operator: zeroAddress, owner: zeroAddress, peerId: "16Uiu2HAm", mode: "fizz" },
      ...{ status: "active", region: "germany", cpuTier: 5, gpuTier: 0, trustTier: 7, strikes: 0 },
      ...{ online: true, acceptsOrders, draining: false, total, free, agentVersion: "0.1.0" },
      ...{ connectedAt: 1, lastSeenAt: 2, latencyMs: null, uptimeBps, offerAt: 1, stale: false },
      offer: { total, free, leases: 0, maxLeases: 10, acceptsOrders, prices, ...offer },
    };
  }
});

import { type EarningsPage, type LeaseHistory, type LeasesPage, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type Address, numberToHex, zeroAddress } from "viem";
import { type CliHome, createHome } from "./support/run.ts";

const GATEWAY = "http://gateway.test";
const RPC = "http://chain.test";
const CHAIN_ID = 31_337;
const MARKET: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const TENANT: Address = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const bytes32 = (value: number): `0x${string}` => numberToHex(value, { size: 32 });
const PLACE = { block: 7n, blockHash: bytes32(7), txHash: bytes32(70), time: 1_796_000_000, final: true };
const AS_OF = {
  ...{ chainId: CHAIN_ID, market: MARKET, block: 9n, blockHash: bytes32(9), time: 1_796_000_100 },
  ...{ finalBlock: 7n, afterBlock: 0n, completeSince: 0, head: 9n },
};
const LEASE: LeasesPage["leases"][number] = {
  ...{ lid: 3n, leaseHash: bytes32(3), tenant: TENANT, nodeId: 2n, subnetId: 1, token: zeroAddress },
  ...{ state: "closed", version: 1, manifestHash: bytes32(4), ratePerSecond: 10n, pendingRate: null },
  ...{ locked: 10n ** 18n, toppedUp: 0n, paid: 4n * 10n ** 17n, toNode: 3n * 10n ** 17n },
  ...{ refunded: 6n * 10n ** 17n, balance: 0n, downtimeSeconds: 0, startedAt: 1, closableAt: null },
  ...{ closedAt: 2, reason: 1, opened: PLACE, last: PLACE },
};
const LEASES: LeasesPage = { asOf: AS_OF, leases: [LEASE], nextCursor: null };
const HISTORY: LeaseHistory = {
  asOf: AS_OF,
  lease: LEASE,
  events: [
    { ...PLACE, logIndex: 0, event: "LeaseStarted", args: { lid: "3", nodeId: "2", startedAt: "77" } },
    { ...PLACE, block: 8n, final: false, logIndex: 1, event: "LeaseToppedUp", args: { amount: "5" } },
  ],
  nextCursor: "8-1",
};
const EARNINGS: EarningsPage = {
  asOf: AS_OF,
  days: [
    {
      ...{ day: "2026-11-30", token: zeroAddress, released: 3n * 10n ** 17n, collected: 0n },
      ...{ settlements: 2, protocol: null, last: PLACE },
    },
  ],
  nextCursor: null,
};

describe("fizz lease and fizz earnings", () => {
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

  it("tell a lease, its events, what is not final yet, and how to go on", async () => {
    const found = await run(["lease", "history", "--lid", "3", "--limit", "2"]);
    expect(found.code, found.stderr).to.equal(0);
    expect(found.stdout).to.match(
      /Lease 3 \(closed\) of 0x3C44\S+ on node 2: 0\.4 ETH paid, 0\.6 ETH given back/,
    );
    expect(found.stdout).to.match(
      /7 +LeaseStarted +startedAt 77\n.*8 \(not final\) +LeaseToppedUp +amount 5/,
    );
    expect(found.stderr).to.include("--cursor 8-1").and.not.to.include("another branch");
    expect(asked).to.deep.equal(["/v1/leases/3/history?limit=2"]);
  });

  it("list leases and earnings with what chooses them in the address", async () => {
    const leases = await run(["lease", "list", "--node", "2", "--state", "closed", "--cursor", "5"]);
    expect(leases.stdout, leases.stderr).to.match(/3 +closed +2 +1 +0x3C44/);
    const earned = await run(["earnings", "--node", "2"]);
    expect(earned.stdout, earned.stderr).to.match(/2026-11-30 +0\.3 ETH +0 ETH +2 +yes/);
    expect(asked).to.deep.equal(["/v1/leases?nodeId=2&state=closed&cursor=5", "/v1/earnings?nodeId=2"]);
  });

  it("give the page itself as one line of JSON, the same with both options", async () => {
    for (const option of [["--json"], ["-o", "json"]]) {
      const found = await run(["earnings", "--subnet", "1", ...option]);
      expect(found.stdout.split("\n"), found.stderr).to.have.lengthOf(2);
      expect(found.json()).to.deep.equal(JSON.parse(toWire(EARNINGS)));
    }
  });

  it("warn of a block that is not on the chain of the settings", async () => {
    const found = await run(["lease", "list"], bytes32(10));
    expect([found.code, found.stderr.includes("of another branch")]).to.deep.equal([0, true]);
  });

  it("refuse what chooses nothing, both, or a page that is too large", async () => {
    for (const argv of [
      ["earnings"],
      ["earnings", "--node", "1", "--subnet", "1"],
      ["lease", "list", "--limit", "501"],
      ["lease", "history"],
    ])
      expect((await run(argv)).code, argv.join(" ")).to.equal(2);
    expect(asked).to.deep.equal([]);
  });

  async function run(argv: readonly string[], blockHash = AS_OF.blockHash) {
    return await home.run(argv, { fetch: answers(blockHash) });
  }

  function answers(blockHash: string): typeof globalThis.fetch {
    return (input, init) => {
      const url = new URL(input instanceof Request ? input.url : String(input));
      if (url.origin === GATEWAY) {
        asked.push(`${url.pathname}${url.search}`);
        const page = url.pathname.endsWith("/history")
          ? HISTORY
          : url.pathname === "/v1/leases"
            ? LEASES
            : EARNINGS;
        return Promise.resolve(new Response(toWire(page)));
      }
      const { id, method } = JSON.parse(typeof init?.body === "string" ? init.body : "{}") as {
        id: number;
        method: string;
      };
      const block = { number: numberToHex(AS_OF.block), hash: blockHash, timestamp: "0x1", transactions: [] };
      const result = method === "eth_chainId" ? numberToHex(CHAIN_ID) : block;
      return Promise.resolve(Response.json({ jsonrpc: "2.0", id, result }));
    };
  }
});

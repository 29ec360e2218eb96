// @ts-nocheck
import { network } from "hardhat";
import { deployMarket, NATIVE, REASON } from "../support/contracts/market-fixture.ts";
const connection = await network.create();
const { networkHelpers, provider } = connection;
describe("trace", () => {
  it("counts", async () => {
    const f = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, operator, stranger } = f;
    const open = async () => { const q = await f.makeQuote(); return await market.write.open([q, await f.signQuote(q), f.terms(5000)], { account: tenant.account }); };
    await trace("open first", await open());
    await trace("open again", await open());
    const { leaseHash } = await market.read.leaseOf([1n]);
    await trace("confirmStart", await market.write.confirmStart([1n, leaseHash], { account: operator.account }));
    await networkHelpers.time.increase(100);
    await trace("settle first", await market.write.settle([1n], { account: stranger.account }));
    await networkHelpers.time.increase(100);
    await trace("settle again", await market.write.settle([1n], { account: stranger.account }));
    await networkHelpers.time.increase(100);
    await trace("close", await market.write.close([1n, REASON.tenant], { account: tenant.account }));
  });
  async function trace(name, hash) {
    const t = await provider.request({ method: "debug_traceTransaction", params: [hash, { disableMemory: true, disableStack: false, disableStorage: true }] });
    const rc = await f0(hash);
    const by = {};
    const logs = t.structLogs;
    const add = (k, g) => { by[k] ??= [0, 0]; by[k][0]++; by[k][1] += g; };
    const slots = new Set();
    for (let i = 0; i < logs.length; i++) {
      const l = logs[i];
      let g = l.gasCost;
      const n = logs[i+1];
      if (/CALL$/.test(l.op)) { g = n && n.depth > l.depth ? l.gas - n.gas - 0 : l.gas - (n?.gas ?? l.gas); g = l.op; add(l.op + " d" + l.depth, 0); continue; }
      if (l.op === "SLOAD") add(`SLOAD ${l.gasCost} d${l.depth}`, l.gasCost);
      else if (l.op === "SSTORE") add(`SSTORE ${l.gasCost} d${l.depth}`, l.gasCost);
      else if (/^LOG/.test(l.op)) add(l.op, l.gasCost);
      else if (/^KECCAK|^SHA3/.test(l.op)) add("KECCAK d" + l.depth, l.gasCost);
      else add("other d" + l.depth, l.gasCost);
    }
    console.log(name, Number(rc.gasUsed));
    console.log(Object.entries(by).map(([k, [n, g]]) => `   ${k} x${n} = ${g}`).join("\n"));
  }
  async function f0(hash) { return await provider.request({ method: "eth_getTransactionReceipt", params: [hash] }); }
});

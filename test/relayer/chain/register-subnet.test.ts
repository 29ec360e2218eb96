import { subnetRegistryAbi, type UnsignedTransaction } from "@fizz/protocol/chain";
import { expect } from "chai";
import { createPublicClient, createWalletClient, http, type LocalAccount, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { registerSubnet } from "../../../relayer/src/chain/register-subnet.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { codeOf } from "../../support/code-of.ts";
import { deployChainWorld } from "../support/chain-world.ts";

describe("registering a subnet on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployChainWorld>>;
  const operatorKey = generatePrivateKey();
  const ownerKey = generatePrivateKey();
  before(async () => {
    world = await deployChainWorld();
  });
  after(async () => {
    await world.anvil.stop();
  });

  it("names both figures when the owner cannot pay the stake", async () => {
    expect(await codeOf(registerSubnet(input()))).to.equal("INSUFFICIENT_FUNDS");
  });

  it("stakes and publishes the endpoints, once", async () => {
    await fund();
    expect(await registerSubnet(input())).to.deep.equal({ subnetId: 2, outcome: "registered" });
    const subnet = await subnetOf(2);
    expect(subnet).to.deep.include({
      owner: privateKeyToAccount(ownerKey).address,
      operator: privateKeyToAccount(operatorKey).address,
      cutBps: 300,
      active: true,
      stake: parseEther("0.05"),
      apiUrl: "https://gw.example.org",
      multiaddrs: "/dns/gw.example.org/tcp/4801,/dns/gw.example.org/tcp/4802/ws",
      domain: "leases.example.org",
    });
    expect((await registerSubnet(input())).outcome).to.equal("nothing to do");
  });

  it("publishes new endpoints of a subnet that is there", async () => {
    const apiUrl = "https://other.example.org";
    expect(await registerSubnet({ ...input(), apiUrl })).to.deep.equal({
      subnetId: 2,
      outcome: "endpoints changed",
    });
    expect((await subnetOf(2)).apiUrl).to.equal(apiUrl);
  });

  it("publishes another wildcard domain of a subnet that is there", async () => {
    const changed = { ...input(), apiUrl: "https://other.example.org", domain: "new.example.org" };
    expect((await registerSubnet(changed)).outcome).to.equal("endpoints changed");
    expect((await subnetOf(2)).domain).to.equal("new.example.org");
    expect((await registerSubnet(changed)).outcome).to.equal("nothing to do");
  });

  it("hands on what an owner without a key here is to send, and nothing once that is on the chain", async () => {
    const owner = devAccount("tenant").account;
    const printed: UnsignedTransaction[] = [];
    const onCall = (transaction: UnsignedTransaction): unknown => printed.push(transaction);
    const unsigned = { owner: owner.address, onCall };
    const own = { ...input(), operatorKey: generatePrivateKey(), ownerKey: undefined, unsigned };
    expect((await registerSubnet(own)).subnetId).to.equal(0);
    const what = { chainId: "0x7a69", from: owner.address, to: world.contracts.subnetRegistry };
    expect(printed).to.have.length(1);
    expect(printed[0]).to.include({ ...what, what: "registerSubnet", value: "0xb1a2bc2ec50000" });
    await sendAll(printed.splice(0), owner);
    expect(await registerSubnet(own)).to.deep.equal({ subnetId: 3, outcome: "nothing to do" });
    expect(await subnetOf(3)).to.deep.include({ owner: owner.address, stake: parseEther("0.05") });
    expect(printed).to.deep.equal([]);
    const moved = { ...own, apiUrl: "https://moved.example.org" };
    const stranger = { ...moved, unsigned: { owner: world.contracts.leaseMarket, onCall } };
    expect(await codeOf(registerSubnet(stranger))).to.equal("CONFIG_INVALID");
    expect(printed).to.deep.equal([]);
    await registerSubnet(moved);
    expect(printed[0]).to.include({ ...what, what: "setEndpoints", value: "0x0" });
    await sendAll(printed.splice(0), owner);
    expect((await subnetOf(3)).apiUrl).to.equal(moved.apiUrl);
  });

  it("lets the operator own its subnet where no owner is named", async () => {
    const key = generatePrivateKey();
    await fund(privateKeyToAccount(key).address);
    const done = await registerSubnet({ ...input(), operatorKey: key, ownerKey: undefined });
    expect((await subnetOf(done.subnetId)).owner).to.equal(privateKeyToAccount(key).address);
  });

  it("says the contract's reason", async () => {
    const fresh = { ...input(), operatorKey: generatePrivateKey(), cutBps: 2_001 };
    expect(await codeOf(registerSubnet(fresh))).to.equal("TX_REVERTED");
  });

  function input() {
    return {
      rpcUrl: world.anvil.rpcUrl,
      contracts: world.contracts,
      operatorKey,
      ownerKey,
      cutBps: 300,
      apiUrl: "https://gw.example.org",
      multiaddrs: ["/dns/gw.example.org/tcp/4801", "/dns/gw.example.org/tcp/4802/ws"],
      domain: "leases.example.org",
    };
  }

  async function subnetOf(subnetId: number) {
    const client = createPublicClient({ transport: http(world.anvil.rpcUrl) });
    return await client.readContract({
      address: world.contracts.subnetRegistry,
      abi: subnetRegistryAbi,
      functionName: "subnetOf",
      args: [subnetId],
    });
  }

  async function sendAll(transactions: readonly UnsignedTransaction[], account: LocalAccount): Promise<void> {
    const transport = http(world.anvil.rpcUrl);
    const wallet = createWalletClient({ account, transport });
    const client = createPublicClient({ transport });
    for (const { to, data, value } of transactions) {
      const hash = await wallet.sendTransaction({ to, data, value: BigInt(value), chain: null });
      const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 100 });
      expect(status).to.equal("success");
    }
  }

  async function fund(to = privateKeyToAccount(ownerKey).address): Promise<void> {
    const transport = http(world.anvil.rpcUrl);
    const client = createPublicClient({ transport });
    const { account } = devAccount("tenant");
    const wallet = createWalletClient({ account, transport });
    const hash = await wallet.sendTransaction({ to, value: parseEther("1"), chain: null });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 100 });
  }
});

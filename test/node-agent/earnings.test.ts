import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaseMarketAbi, UnsignedCalls, type UnsignedTransaction } from "@fizz/protocol/chain";
import { sealKey } from "@fizz/protocol/keystore";
import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { rate } from "@fizz/protocol/units";
import { expect } from "chai";
import { type Address, type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { type ChainClients, connectChain } from "../../node-agent/src/chain/clients.ts";
import { OperatorSigner } from "../../node-agent/src/chain/operator-signer.ts";
import { Registration } from "../../node-agent/src/chain/registration.ts";
import { Transactions } from "../../node-agent/src/chain/transactions.ts";
import { earnings } from "../../node-agent/src/commands/earnings.ts";
import { init } from "../../node-agent/src/commands/init.ts";
import { requireIdentity } from "../../node-agent/src/commands/context.ts";
import { status } from "../../node-agent/src/commands/status.ts";
import { uninstall } from "../../node-agent/src/commands/uninstall.ts";
import { withdraw } from "../../node-agent/src/commands/withdraw.ts";
import { loadConfig } from "../../node-agent/src/config.ts";
import { deployLocal } from "../../scripts/deploy-local.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { connectChain as connectLocal, registerSubnet } from "../../scripts/lib/set-up-chain.ts";
import { type Anvil, startAnvil } from "../../scripts/lib/start-anvil.ts";
import { codeOf } from "../support/code-of.ts";
import { findEngineInTime } from "../support/find-engine-in-time.ts";
import { sampleOrder, sampleQuote } from "../support/sample-order.ts";
import { hashOf } from "./support/builders.ts";
import { registrationInput } from "./support/registration-input.ts";
import { silentLog } from "./support/silent-log.ts";

const never = new AbortController().signal;
const HOUR = 3_600;
const GATEWAY = privateKeyToAddress(hashOf("gateway"));
/** A thousand gwei a second: what an hour earns is more than its gas. */
const RATE = 10n ** 12n * 10n ** 12n;

describe("what a node earned, on the real contracts", function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  const folder = mkdtempSync(join(tmpdir(), "fizz-earnings-"));
  let anvil: Anvil;
  let clients: ChainClients;
  before(async () => {
    anvil = cleanup.use("chain", await startAnvil({ blockTime: 0 }));
    const deployer = devAccount("deployer").privateKey;
    const contracts = await deployLocal({ rpcUrl: anvil.rpcUrl, privateKey: deployer });
    const settings = { contracts, gatewayOperator: GATEWAY, apiUrl: "http://127.0.0.1:1", multiaddrs: "" };
    await registerSubnet(connectLocal(anvil.rpcUrl), settings);
    clients = await connectChain(anvil.rpcUrl, contracts);
  });
  after(async () => {
    await cleanup.stop();
    rmSync(folder, { recursive: true });
  });

  it("is told while it is in leases, then released, collected and withdrawn, and a dry run changes nothing", async () => {
    const { run, asJson, config, owner, notes } = await setup();
    expect((await run(earnings, { json: false })).join()).to.match(/^Nothing was earned yet/);
    await lease(await requireIdentity({ config }), HOUR * 40);
    const [row] = await pass(HOUR, asJson);
    expect(row?.perHour).to.equal("3240000000000000");
    const inLeases = BigInt(row?.inLeases ?? 0);
    expect(inLeases >= 3_240_000_000_000_000n && inLeases < 3_300_000_000_000_000n, `${inLeases}`).to.equal(
      true,
    );
    const told = (await run(status, false)).join("\n");
    expect(told).to.match(/^Tiers {6}CPU Medium 1, GPU not rated on the chain$/m);
    expect(told).to.match(/^Measured {3}never; run: npm run node -- benchmark$/m);
    expect(told).to.match(
      /^Earns {6}0\.00324 ETH an hour; 0\.003\d+ ETH in leases, 0 ETH to collect, 0 ETH/m,
    );
    // The local chain holds nothing back.
    expect(row?.held).to.equal("0");
    const plan = await run(withdraw, { dryRun: true });
    expect(plan.join("\n")).to.match(
      /^Would release what 1 leases no longer hold back\.\nWould collect 0\.003\d+ ETH of subnet 1/,
    );
    expect((await asJson())[0]?.released).to.equal("0");
    const engine = await findEngineInTime();
    if (engine !== undefined) {
      const beside = { ...config, DOCKER_HOST: engine.host };
      const context = { config: beside, log: silentLog, print: () => undefined, signal: never };
      const removing = uninstall(context, { dryRun: false, deleteData: true, files: [] });
      expect(await codeOf(removing)).to.equal("NODE_IN_USE");
    }
    const before = await clients.client.getBalance({ address: owner });
    // stdout has transactions and nothing else: there are none while the account is empty.
    expect(await run(withdraw, { dryRun: true, unsigned: true })).to.deep.equal([]);
    expect(notes.splice(0).join("\n")).to.match(/^Would collect .*\nThere is nothing to withdraw/m);
    const done = await run(withdraw, { dryRun: false });
    expect(done.join("\n")).to.match(/Now: withdraw 0\.003\d+ ETH to 0x/);
    expect((await clients.client.getBalance({ address: owner })) > before).to.equal(true);
    const [end] = await asJson();
    expect(end).to.deep.include({ outstanding: "0", account: "0" });
    expect(end?.collected).to.equal(end?.released);
    expect(BigInt(end?.released ?? 0) > 0n).to.equal(true);
    expect((await run(earnings, { json: false })).join("\n")).to.include("The gateway tells no history now");
    await pass(HOUR, asJson);
    const lines = await run(withdraw, { dryRun: false, unsigned: true });
    expect(notes.splice(0).join("\n")).to.match(
      /^Now: collect 0\.003\d+ ETH of subnet 1.*\nTo be signed by the owner: withdraw 0\.003/m,
    );
    const transactions = lines.map((line) => JSON.parse(line) as UnsignedTransaction);
    expect(transactions).to.have.length(1);
    const wanted = { what: "withdraw", from: owner, to: clients.contracts.leaseMarket, value: "0x0" };
    expect(transactions[0]).to.deep.include(wanted);
    const free = BigInt((await asJson())[0]?.account ?? 0);
    expect(free > 0n).to.equal(true);
    const poor = await clients.client.getBalance({ address: owner });
    await impersonate(owner);
    await sendAll(transactions);
    expect((await asJson())[0]?.account).to.equal("0");
    // Less the gas.
    expect((await clients.client.getBalance({ address: owner })) > poor + free / 2n).to.equal(true);
    expect(await run(withdraw, { dryRun: true, unsigned: true })).to.deep.equal([]);
  });

  it("is not needed by a wallet elsewhere: its transactions are printed, and register when it sends them", async () => {
    const owner = privateKeyToAddress(devAccount("tenant").privateKey);
    const operatorKey = generatePrivateKey();
    const input = registrationInput({ operatorKey, ownerKey: undefined }, GATEWAY);
    const printed: UnsignedTransaction[] = [];
    const chainId = clients.chain.id;
    const as = (account: Address) => {
      const unsigned = new UnsignedCalls({ chainId, owner: account }, (transaction) => {
        printed.push(transaction);
      });
      return new Registration(clients, { ...input, unsigned }, silentLog).run();
    };
    expect(await as(owner)).to.equal(0n);
    expect(printed.map(({ what }) => what)).to.deep.equal(["register", "transfer"]);
    await sendAll(printed.splice(0));
    expect(await codeOf(as(privateKeyToAddress(devAccount("deployer").privateKey)))).to.equal(
      "CONFIG_INVALID",
    );
    const nodeId = await as(owner);
    expect(nodeId > 0n).to.equal(true);
    expect(printed.map(({ what }) => what)).to.deep.equal(["joinSubnet"]);
    await sendAll(printed.splice(0));
    expect(await as(owner)).to.equal(nodeId);
    expect(printed).to.deep.equal([]);
  });

  /** The chain signs for an account whose key it does not have. */
  async function impersonate(account: Address): Promise<void> {
    const rpc = clients.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "anvil_impersonateAccount", params: [account] });
  }

  /** As a wallet takes them; the chain's own accounts sign. */
  async function sendAll(transactions: readonly UnsignedTransaction[]): Promise<void> {
    const rpc = clients.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    for (const { from, to, value, data, chainId } of transactions) {
      const hash = await rpc({ method: "eth_sendTransaction", params: [{ from, to, value, data, chainId }] });
      const { status } = await clients.client.waitForTransactionReceipt({ hash: hash as Hex });
      expect(status).to.equal("success");
    }
  }

  type Row = Record<
    "perHour" | "inLeases" | "held" | "released" | "collected" | "outstanding" | "account",
    string
  >;

  async function pass(seconds: number, asJson: () => Promise<Row[]>): Promise<Row[]> {
    const rpc = clients.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [seconds] });
    await rpc({ method: "evm_mine", params: [] });
    return await asJson();
  }

  async function setup() {
    const [ownerKey, password] = [generatePrivateKey(), join(folder, "password")];
    writeFileSync(password, "a password that is long enough\n", { mode: 0o600 });
    const ownerFile = join(folder, "owner.json");
    const keystore = await sealKey(ownerKey, "a password that is long enough", { scryptN: 2 ** 10 });
    writeFileSync(ownerFile, JSON.stringify(keystore), { mode: 0o600 });
    const config = loadConfig({
      ...{ FIZZ_RPC_URL: anvil.rpcUrl, FIZZ_CONTRACTS: JSON.stringify(clients.contracts) },
      ...{ FIZZ_NODE_DATA_DIR: folder, FIZZ_NODE_PASSWORD_FILE: password, FIZZ_NODE_BENCHMARK_SECONDS: "0" },
      ...{ FIZZ_NODE_OWNER_KEYSTORE: ownerFile, FIZZ_NODE_OWNER_PASSWORD_FILE: password },
    });
    const notes: string[] = [];
    const note = (line: string) => notes.push(line);
    const run = async <Options>(
      command: (context: Parameters<typeof earnings>[0], options: Options) => Promise<number>,
      options: Options,
    ): Promise<string[]> => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      expect(await command({ config, log: silentLog, print, note, signal: never }, options)).to.equal(0);
      return lines;
    };
    await run(async (context) => await init(context), {});
    const identity = await requireIdentity({ config });
    const owner = privateKeyToAddress(ownerKey);
    const rich = new Transactions({
      client: clients.client,
      wallet: clients.walletOf(devAccount("deployer").privateKey),
      log: silentLog,
    });
    await rich.pay(owner, parseEther("1"));
    const wish = registrationInput({ operatorKey: identity.key, ownerKey }, GATEWAY);
    await new Registration(clients, { ...wish, operatorGas: parseEther("0.05") }, silentLog).run();
    const asJson = async (): Promise<Row[]> =>
      (JSON.parse((await run(earnings, { json: true })).join()) as { tokens: Row[] }).tokens;
    return { run, asJson, config, owner, notes };
  }

  /** A lease that runs, for some prepaid seconds. */
  async function lease({ key }: { readonly key: Hex }, prepaidSeconds: number): Promise<void> {
    const { client, contracts, chain } = clients;
    const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
    const order = sampleOrder();
    const now = Number((await client.getBlock()).timestamp);
    const quote = sampleQuote(order, hashOf("sealing"), {
      ...{ nodeId: 1n, subnetId: 1, ratePerSecond: rate(RATE), maxSeconds: 10 ** 7, expiresAt: now + 60 },
      ...{ resources: packResources(resourcesOf(order.openPart)), subnetCutBps: 500, protocolCutBps: 500 },
    });
    const signed = await new OperatorSigner(key, {
      chainId: chain.id,
      market: contracts.leaseMarket,
    }).signQuote(quote);
    const terms = { sealedPartHash: order.sealedPartHash, prepaidSeconds, salt: hashOf("salt") };
    const tenant = new Transactions({
      client,
      wallet: clients.walletOf(devAccount("tenant").privateKey),
      log: silentLog,
    });
    const value = parseEther("1");
    await tenant.send({
      ...market,
      functionName: "open",
      args: [signed.quote, signed.signature, terms],
      value,
    });
    const { leaseHash } = await client.readContract({ ...market, functionName: "leaseOf", args: [1n] });
    const node = new Transactions({ client, wallet: clients.walletOf(key), log: silentLog });
    await node.send({ ...market, functionName: "confirmStart", args: [1n, leaseHash] });
  }
});

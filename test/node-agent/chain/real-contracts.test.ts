import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { unpackResources } from "@fizz/protocol/manifest";
import { sealKey } from "@fizz/protocol/keystore";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { expect } from "chai";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { type ChainClients, connectChain } from "../../../node-agent/src/chain/clients.ts";
import { NodeChain } from "../../../node-agent/src/chain/node-chain.ts";
import { Registration, type RegistrationInput } from "../../../node-agent/src/chain/registration.ts";
import { Transactions } from "../../../node-agent/src/chain/transactions.ts";
import { type CommandContext, identityOf } from "../../../node-agent/src/commands/context.ts";
import { registerNode } from "../../../node-agent/src/commands/register.ts";
import { requireNode } from "../../../node-agent/src/commands/require-node.ts";
import { loadConfig } from "../../../node-agent/src/config.ts";
import { cpuTierOf } from "../../../node-agent/src/domain/measurement.ts";
import { findMeasurement } from "../../../node-agent/src/store/kept-measurement.ts";
import { deployLocal } from "../../../scripts/deploy-local.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { connectChain as connectLocal, registerSubnet } from "../../../scripts/lib/set-up-chain.ts";
import { startAnvil } from "../../../scripts/lib/start-anvil.ts";
import { codeOf } from "../../support/code-of.ts";
import { leaseRecord } from "../support/builders.ts";
import { REGISTERED as RESOURCES, registrationInput } from "../support/registration-input.ts";
import { silentLog } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";

describe("a node on the real contracts", function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  const gatewayKey = generatePrivateKey();
  const gateway = privateKeyToAddress(gatewayKey);
  let rpcUrl: string;
  let clients: ChainClients;

  before(async () => {
    const anvil = cleanup.use("chain", await startAnvil({ blockTime: 0 }));
    const contracts = await deployLocal({
      rpcUrl: anvil.rpcUrl,
      privateKey: devAccount("deployer").privateKey,
    });
    const settings = { contracts, gatewayOperator: gateway, apiUrl: "http://127.0.0.1:1", multiaddrs: "" };
    await registerSubnet(connectLocal(anvil.rpcUrl), settings);
    rpcUrl = anvil.rpcUrl;
    clients = await connectChain(rpcUrl, contracts);
  });
  after(() => cleanup.stop());

  it("is registered, funded and in the subnet after one run, and a second run changes nothing", async () => {
    const { input, chain, register } = setup();
    const nodeId = await register();
    const node = await chain.node();
    expect(node).to.deep.include({ nodeId, mode: "fizz", status: "active", region: "local", used: 0n });
    expect(unpackResources(node?.resources ?? 0n)).to.deep.equal(RESOURCES);
    expect(await chain.sharedSubnet(nodeId, gateway)).to.equal(1);
    const gas = await clients.client.getBalance({ address: chain.operator });
    expect(gas > input.operatorGas / 2n && gas <= input.operatorGas).to.equal(true);
    const block = await clients.client.getBlockNumber();
    expect(await register()).to.equal(nodeId);
    expect(await clients.client.getBlockNumber()).to.equal(block);
  });

  it("is in the subnet though its operator has no coins and gets none", async () => {
    const { chain, register } = setup();
    const nodeId = await register({ operatorGas: 0n });
    expect(await chain.sharedSubnet(nodeId, gateway)).to.equal(1);
    expect(await clients.client.getBalance({ address: chain.operator })).to.equal(0n);
  });

  it("changes what it offers when the owner says so", async () => {
    const { chain, register } = setup();
    await register();
    await register({ resources: { ...RESOURCES, milliCpu: 3_000 } });
    expect(unpackResources((await chain.node())?.resources ?? 0n).milliCpu).to.equal(3_000);
  });

  it("has the tiers that were measured, once and for good, and nothing that is not permitted", async () => {
    const { chain, register } = setup();
    let measured = 0;
    const tiers = async () => {
      measured += 1;
      return await Promise.resolve({ cpuTier: measured + 2, gpuTier: 7 });
    };
    const permit = async () =>
      await Promise.reject(new ProtocolError("CAPACITY_OVERCLAIMED", "More than there is."));
    expect(await codeOf(register({ tiers, permit }))).to.equal("CAPACITY_OVERCLAIMED");
    expect([await chain.node(), measured]).to.deep.equal([undefined, 0]);
    await register({ tiers });
    // What is registered already is neither measured nor refused: leases may run on it.
    await register({ tiers, permit });
    expect(await chain.node()).to.include({ cpuTier: 3, gpuTier: 7 });
    const more = { ...RESOURCES, milliCpu: 64_000 };
    expect(await codeOf(register({ tiers, permit, resources: more }))).to.equal("CAPACITY_OVERCLAIMED");
    expect(unpackResources((await chain.node())?.resources ?? 0n)).to.deep.equal(RESOURCES);
    expect(measured).to.equal(1);
  });

  it("is registered by the command as this machine was measured, and serves on when it claims too much later", async () => {
    const folder = await StateFolder.make();
    const server = createServer((_, response) => response.end(JSON.stringify(networkOf(gatewayKey))));
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const [ownerFile, passwordFile] = [join(folder.path, "owner.key"), join(folder.path, "password")];
      const keystore = await sealKey(devAccount("nodeOwner").privateKey, "the owner's", { scryptN: 16 });
      await writeFile(ownerFile, JSON.stringify(keystore), { mode: 0o600 });
      await writeFile(passwordFile, "the owner's", { mode: 0o600 });
      const settings = { FIZZ_RPC_URL: rpcUrl, FIZZ_CONTRACTS: JSON.stringify(clients.contracts) };
      const context = (env: Readonly<Record<string, string>>): CommandContext => ({
        config: loadConfig({
          ...settings,
          ...{ FIZZ_NODE_GATEWAY: `http://127.0.0.1:${port}`, FIZZ_NODE_DATA_DIR: folder.path },
          ...{ FIZZ_NODE_OWNER_KEYSTORE: ownerFile, FIZZ_NODE_OWNER_PASSWORD_FILE: passwordFile },
          FIZZ_NODE_AUTO_REGISTER: "1",
          ...{ FIZZ_NODE_BENCHMARK_SECONDS: "1", FIZZ_NODE_RESOURCES: "cpu=1,memory=512Mi,storage=1Gi" },
          ...env,
        }),
        ...{ log: silentLog, print: () => undefined, signal: new AbortController().signal },
      });
      const identity = identityOf(generatePrivateKey());
      const over = context({ FIZZ_NODE_RESOURCES: "cpu=4000,memory=512Mi,storage=1Gi" });
      expect(await codeOf(registerNode(over, { chain: clients, identity }))).to.equal("CAPACITY_OVERCLAIMED");
      expect(await codeOf(requireNode(over, clients, identity))).to.equal("CAPACITY_OVERCLAIMED");
      const nodeId = await registerNode(context({}), { chain: clients, identity });
      const measured = findMeasurement(folder.path);
      const node = await requireNode(over, clients, identity);
      expect(node).to.include({ nodeId, cpuTier: measured && (cpuTierOf(measured)?.index ?? 0) });
      expect(unpackResources(node.resources).milliCpu).to.equal(1_000);
      expect(await codeOf(registerNode(over, { chain: clients, identity }))).to.equal("CAPACITY_OVERCLAIMED");
    } finally {
      server.close();
      await folder.remove();
    }
  });

  it("says how much is missing when the owner cannot pay the fee", async () => {
    const { register } = setup();
    const poor = register({ ownerKey: generatePrivateKey() });
    expect(await codeOf(poor)).to.equal("INSUFFICIENT_FUNDS");
    await poor.catch((error: unknown) => {
      expect(String(error)).to.include("0.005 ETH");
    });
  });

  it("puts the minimum bond under a provider node before it joins, once", async () => {
    const { register } = setup();
    const nodeId = await register({ mode: "provider" });
    const bonded = async () =>
      await clients.client.readContract({
        address: clients.contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "bondOf",
        args: [nodeId],
      });
    expect((await bonded()).amount).to.equal(parseEther("0.1"));
    await register({ mode: "provider" });
    expect((await bonded()).amount).to.equal(parseEther("0.1"));
  });

  it("refuses a gateway that runs no subnet, and a cut that is too high", async () => {
    const { register } = setup();
    const stranger = privateKeyToAddress(generatePrivateKey());
    expect(await codeOf(register({ gateway: stranger }))).to.equal("IDENTITY_UNKNOWN");
    expect(await codeOf(register({ maxCutBps: 1 }))).to.equal("TX_REVERTED");
  });

  it("decodes what the market refuses before anything is sent", async () => {
    const { chain, register } = setup();
    await register();
    const block = await clients.client.getBlockNumber();
    expect(await codeOf(chain.confirmStart(leaseRecord({ lid: 999n })))).to.be.oneOf([
      "LEASE_NOT_FOUND",
      "TX_REVERTED",
    ]);
    expect(await clients.client.getBlockNumber()).to.equal(block);
  });

  it("finds no leases where there are none", async () => {
    const { chain, register } = setup();
    const snapshot = await chain.snapshot(await register(), [5n]);
    expect(snapshot.opened.size).to.equal(0);
    expect(snapshot.leases.get(5n)).to.deep.equal({ head: undefined, confirmed: undefined });
  });

  it("knows no node of a key that was never registered, and a chain that does not answer", async () => {
    const { chain } = setup();
    expect(await chain.node()).to.equal(undefined);
    expect(await codeOf(connectChain("http://127.0.0.1:1", clients.contracts))).to.equal("CHAIN_UNREACHABLE");
  });

  /** What the gateway's API tells of itself. */
  function networkOf(key: Hex) {
    return {
      ...{ version: "0.1.0", chainId: 31_337, contracts: clients.contracts, subnetId: 1, operator: gateway },
      ...{ peerId: peerIdOfPublicKey(publicKeyOfPrivateKey(key)), multiaddrs: [], publicHost: "127.0.0.1" },
    };
  }

  function setup() {
    const { privateKey: ownerKey } = devAccount("nodeOwner");
    const input = registrationInput({ operatorKey: generatePrivateKey(), ownerKey }, gateway);
    const wallet = clients.walletOf(input.operatorKey);
    const transactions = new Transactions({ client: clients.client, wallet, log: silentLog });
    const chain = new NodeChain(
      { client: clients.client, transactions },
      { chainId: 31_337, contracts: clients.contracts, operator: wallet.account.address, confirmations: 2 },
    );
    const register = async (changes: Partial<RegistrationInput> = {}): Promise<bigint> =>
      await new Registration(clients, { ...input, ...changes }, silentLog).run();
    return { input, chain, register };
  }
});

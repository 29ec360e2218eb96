import { explainRevert, leaseMarketAbi, nodeRegistryAbi } from "@fizz/protocol/chain";
import { closeReasons } from "@fizz/protocol/reasons";
import { expect } from "chai";
import { parseEther } from "viem";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { type DeploymentJson } from "../../scripts/lib/deployment-json.ts";
import { hasRegistry, startRegistry } from "../support/registry.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

describe("what bad input gets", function () {
  this.timeout(180_000);
  let world: World;
  let deployment: DeploymentJson;
  const cleanup = new Cleanup();
  before(async function () {
    world = await sharedWorld(this);
    deployment = await world.tenant.deploy(await helloManifest());
  });
  after(async () => {
    await cleanup.stop();
    await world.tenant.close(deployment.lid);
  });

  it("a wrong fee: both figures", async () => {
    const { network } = world;
    const registration = {
      mode: 0,
      operator: world.tenant.address,
      resources: 1n | (1n << 32n),
      cpuTier: 0,
      gpuTier: 0,
      region: `0x${"00".repeat(16)}`,
    } as const;
    const failure = await network.chain.client
      .simulateContract({
        address: network.description.contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "register",
        args: [registration, "0x"],
        value: parseEther("0.004"),
        account: world.tenant.address,
      })
      .catch((error: unknown) => explainRevert(error));
    expect(failure).to.have.property("message").that.contains("0.005").and.contains("0.004");
  });

  it("an invalid manifest: every problem with its place, and nothing is sent", async () => {
    const text = await helloManifest(
      ["- port: 8080", "- port: 80"],
      ["size: 128Mi", "size: 900Gi"],
      ["image:", "imgae:"],
    );
    const nonce = await nonceOf();
    const { status, stderr } = await create(text);
    expect(status).to.equal(3);
    const places = stderr.match(/\d+:\d+/g) ?? [];
    expect(places.length, stderr).to.be.at.least(3);
    expect(stderr).to.contain("image");
    expect(await nonceOf()).to.equal(nonce);
  });

  it("a node that is too small: no quote, and each refusal says what is missing", async () => {
    const { status, stderr } = await create(
      await helloManifest(["units: 0.5", "units: 16"], ["amount: 0.0005", "amount: 1"]),
    );
    expect(status).not.to.equal(0);
    expect(stderr).to.contain("NO_QUOTES").and.to.match(/cpu/i);
  });

  it("a price below what the node asks: no quote, with the reason", async () => {
    const { status, stderr } = await create(await helloManifest(["amount: 0.0005", "amount: 0.000000001"]));
    expect(status).not.to.equal(0);
    expect(stderr).to.contain("NO_QUOTES").and.to.match(/price/i);
  });

  it("an escrow and a wallet that do not cover it: decoded before anything is sent", async () => {
    const poor = await world.addTenant(parseEther("0.0001"));
    const path = await poor.manifest(await helloManifest());
    const { status, stderr } = await poor.cli.run(["deployment", "create", path, "--yes", "--json"]);
    expect(status, stderr).to.equal(4);
    expect(await nonceOf(poor.address)).to.equal(0);
  });

  it("an image that a registry does not have: never active, everything back, event and reason code", async function () {
    if (!hasRegistry()) this.skip();
    const host = await startRegistry(cleanup);
    const { network, tenant } = world;
    const before = await world.accountOf(tenant.address);
    const { status, stderr } = await create(
      await helloManifest(["image: fizz/hello:1.0.0", `image: ${host}/missing:1`]),
    );
    expect(status, stderr).to.equal(6);
    expect(stderr).to.contain("node.image_pull_failed");
    const lid = await lastLid();
    const [closed] = await network.chain.client.getContractEvents({
      address: network.description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName: "LeaseClosed",
      args: { lid },
      fromBlock: 0n,
      strict: true,
    });
    expect(closed?.args.reason).to.equal(closeReasons["node.image_pull_failed"]);
    const after = await world.accountOf(tenant.address);
    expect(after.locked).to.equal(before.locked);
    expect(after.free >= before.free).to.equal(true);
    const started = await network.chain.client.getContractEvents({
      address: network.description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName: "LeaseStarted",
      args: { lid },
      fromBlock: 0n,
    });
    expect(started).to.deep.equal([]);
  });

  it("an unknown lease: LEASE_NOT_FOUND", async () => {
    for (const command of [["get"], ["logs"], ["events"], ["close", "--yes"]]) {
      const { status, stderr } = await world.tenant.cli.run(["deployment", ...command, "--lid", "999999"]);
      expect(status, command.join(" ")).not.to.equal(0);
      expect(stderr).to.contain("LEASE_NOT_FOUND");
    }
  });

  it("somebody else's lease: LEASE_NOT_YOURS", async () => {
    const stranger = await world.addTenant();
    for (const command of [["get"], ["logs"], ["events"], ["close", "--yes"]]) {
      const lid = String(deployment.lid);
      const { status, stderr } = await stranger.cli.run(["deployment", ...command, "--lid", lid]);
      expect(status, command.join(" ")).to.equal(6);
      expect(stderr).to.contain("LEASE_NOT_YOURS");
    }
  });

  it("a gateway and a chain that do not answer: says which", async () => {
    const { cli } = world.tenant;
    const gateway = await cli.run([
      "--gateway",
      "http://127.0.0.1:9",
      "deployment",
      "create",
      await world.tenant.manifest(await helloManifest()),
      "--yes",
    ]);
    expect([gateway.status, gateway.stderr.includes("GATEWAY_UNREACHABLE")]).to.deep.equal([5, true]);
    const chain = await cli.run(["--rpc", "http://127.0.0.1:9", "deployment", "list"]);
    expect([chain.status, chain.stderr.includes("CHAIN_UNREACHABLE")]).to.deep.equal([5, true]);
  });

  async function create(text: string) {
    const { cli, manifest } = world.tenant;
    return await cli.run(["deployment", "create", await manifest(text), "--yes", "--json"]);
  }

  async function nonceOf(address = world.tenant.address): Promise<number> {
    return await world.network.chain.client.getTransactionCount({ address });
  }

  async function lastLid(): Promise<bigint> {
    const { chain, description } = world.network;
    return await chain.client.readContract({
      address: description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName: "leaseCount",
    });
  }
});

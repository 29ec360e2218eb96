import { leaseMarketAbi } from "@fizz/protocol/chain";
import { expect } from "chai";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { type DeploymentJson } from "../../scripts/lib/deployment-json.ts";
import { waitForHttp } from "../../scripts/lib/wait-for-http.ts";
import { until } from "../support/until.ts";
import { hasRegistry, startRegistry } from "../support/registry.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

describe("updating a running lease", function () {
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

  it("brings a new environment, on the same lease and the same public port", async () => {
    const { status, stderr } = await update(await helloManifest(["Hello from Fizz", "Hello, version two"]));
    expect(status, stderr).to.equal(0);
    const url = deployment.endpoints[0]?.url ?? "";
    await until(
      async () => (await waitForHttp(url)).text.includes("Hello, version two"),
      "the new greeting is served",
    );
    const got = await world.tenant.get(deployment.lid);
    expect(got).to.include({ state: "active", version: 2 });
    expect(got.manifestHash).not.to.equal(deployment.manifestHash);
    expect(got.endpoints).to.deep.equal(deployment.endpoints);
  });

  it("brings more CPU and memory at a new price, reserved on chain, to the container that runs", async () => {
    const { network } = world;
    const before = await ratePerSecond();
    const { leaseHash } = await world.leaseOf(deployment.lid);
    await until(async () => (await world.containersOf(leaseHash)).length === 1, "the first version is gone");
    const [running] = await world.containersOf(leaseHash);
    const text = await helloManifest(
      ["Hello from Fizz", "Hello, version two"],
      ["units: 0.5", "units: 1"],
      ["size: 128Mi", "size: 256Mi"],
      ["amount: 0.0005", "amount: 0.002"],
    );
    const { status, stderr } = await update(text);
    expect(status, stderr).to.equal(0);
    expect((await ratePerSecond()) > before).to.equal(true);
    expect(await world.containersOf(leaseHash)).to.deep.equal([running]);
    const { HostConfig: limits } = await network.docker.getContainer(running?.id ?? "").inspect();
    expect(limits).to.include({ NanoCpus: 1_000_000_000, Memory: 256 * 1024 * 1024 });
    const confirmed = await network.chain.client.getContractEvents({
      address: network.description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName: "UpdateConfirmed",
      args: { lid: deployment.lid },
      fromBlock: 0n,
      strict: true,
    });
    expect(confirmed.map((event) => event.args.version)).to.deep.equal([2, 3]);
  });

  it("keeps the old version running when a registry does not have the new image", async function () {
    if (!hasRegistry()) this.skip();
    const host = await startRegistry(cleanup);
    const text = await helloManifest(
      ["image: fizz/hello:1.0.0", `image: ${host}/missing:1`],
      ["units: 0.5", "units: 1"],
      ["size: 128Mi", "size: 256Mi"],
      ["amount: 0.0005", "amount: 0.002"],
    );
    const { status } = await update(text);
    expect(status).not.to.equal(0);
    const got = await world.tenant.get(deployment.lid);
    expect(got).to.include({ state: "active", version: 3 });
    expect((await waitForHttp(deployment.endpoints[0]?.url ?? "")).status).to.equal(200);
    const codes = (await world.tenant.events(deployment.lid)).map((event) => event.code);
    expect(codes).to.include.members(["image.pull.failed", "update.declined"]);
  });

  it("names the field that cannot change, before anything is sent", async () => {
    const { network, tenant } = world;
    const nonce = await network.chain.client.getTransactionCount({ address: tenant.address });
    const { status, stderr } = await update(await helloManifest(["- port: 8080", "- port: 8081"]));
    expect(status).not.to.equal(0);
    expect(stderr)
      .to.contain("UPDATE_NOT_ALLOWED")
      .and.to.match(/port|expose/i);
    expect(await network.chain.client.getTransactionCount({ address: tenant.address })).to.equal(nonce);
  });

  async function update(text: string) {
    const { cli, manifest } = world.tenant;
    return await cli.run([
      "deployment",
      "update",
      await manifest(text),
      "--lid",
      String(deployment.lid),
      "--yes",
    ]);
  }

  async function ratePerSecond(): Promise<bigint> {
    const { chain, description } = world.network;
    const lease = await chain.client.readContract({
      address: description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName: "leaseOf",
      args: [deployment.lid],
    });
    return lease.ratePerSecond;
  }
});

import { toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { parseEther } from "viem";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { HttpServer } from "../../relayer/src/http/http-server.ts";
import { type RequestBackend } from "../../relayer/src/request-ports.ts";
import { memoryHttpMeter, memoryLogger } from "../relayer/support/builders.ts";
import { deployRelayWorld, type GatewayParts } from "../relayer/support/relay-world.ts";
import { type CliHome, type CliResult, createHome } from "./support/run.ts";

/** The real commands against a real gateway's desk and a real chain. */
describe("fizz, sponsored by a gateway", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let home: CliHome;
  const running: HttpServer[] = [];
  before(async () => {
    [world, home] = [await deployRelayWorld(2), await createHome()];
    for (const index of [0, 1]) {
      await world.execute(await world.confirm(index));
      await world.test.mine({ blocks: 1 });
    }
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });
  after(async () => {
    await home.remove();
    await world.anvil.stop();
  });

  it("tops a lease up and closes it without a coin for gas", async () => {
    const lid = String(world.leases[0]?.lid);
    const run = await setup({ policy: { tenants: [world.tenant] } });
    await world.test.setBalance({ address: world.tenant, value: 0n });
    const topped = await run([
      "deployment",
      "topup",
      "--lid",
      lid,
      "--amount",
      "0.001",
      "--sponsored",
      "--json",
    ]);
    expect(topped.code, topped.stderr).to.equal(0);
    expect(topped.json()).to.include({ lid: Number(lid), added: String(parseEther("0.001")) });
    const closed = await run(["deployment", "close", "--lid", lid, "--yes", "--sponsored", "--json"]);
    expect(closed.code, closed.stderr).to.equal(0);
    expect(closed.json()).to.include({ state: "closed", reason: "tenant.closed" });
    expect(BigInt(String(closed.json()["refunded"])) > 0n).to.equal(true);
    expect(await world.client.getBalance({ address: world.tenant })).to.equal(0n);
    expect(await world.executedOf(world.tenant)).to.equal(2n);
  });

  it("says why the gateway does not pay, and sends nothing", async () => {
    const lid = String(world.leases[1]?.lid);
    const run = await setup({});
    const closed = await run(["deployment", "close", "--lid", lid, "--yes", "--sponsored", "--json"]);
    expect([closed.code, closed.error().code]).to.deep.equal([6, "REQUEST_NOT_ALLOWED"]);
    expect(closed.error().hint).to.include("without --sponsored");
    expect(await world.stateOf(BigInt(lid))).to.equal("active");
  });

  it("tops nothing up that the escrow account does not cover: the gateway carries no coins", async () => {
    const lid = String(world.leases[1]?.lid);
    const run = await setup({ policy: { tenants: "all" } });
    await world.test.setBalance({ address: world.tenant, value: parseEther("100") });
    const argv = ["deployment", "topup", "--lid", lid, "--amount", "90", "--yes", "--sponsored", "--json"];
    expect((await run(argv)).error().code).to.equal("INSUFFICIENT_ESCROW");
  });

  async function setup(parts: GatewayParts): Promise<(argv: readonly string[]) => Promise<CliResult>> {
    const { desk, sender } = world.gateway(parts);
    const requests: RequestBackend = {
      relay: (signed) => desk.relay(signed),
      queueOf: (signer) => desk.queueOf(signer),
      find: async (id) => {
        await sender.round();
        await world.test.mine({ blocks: 1 });
        return await desk.find(id);
      },
    };
    // None of its other routes is called here.
    const components = { backend: {} as never, requests, meter: memoryHttpMeter(), logger: memoryLogger() };
    const server = new HttpServer(components, { host: "127.0.0.1", port: 0, rateLimit: 10_000 });
    running.push(server);
    const gatewayUrl = `http://127.0.0.1:${await server.start()}`;
    const { anvil, contracts } = world;
    const { chainId, rpcUrl } = anvil;
    const network = { chainId, rpcUrl, contracts, gatewayUrl, webUrl: "", subnetId: 1, dev: true };
    await home.write(".fizz/network.json", toWire(network));
    const env = { FIZZ_PRIVATE_KEY: devAccount("tenant").privateKey };
    return (argv) => home.run(argv, { fetch, env });
  }
});

import { type RelayedRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type Hash, parseEther, toHex } from "viem";
import { webManifest } from "./support/manifests.ts";
import { NetworkSuite } from "./support/network-suite.ts";
import { type PayingGateway, startPayingGateway } from "./support/paying-gateway.ts";
import { type CliResult } from "./support/run.ts";

/** The real command against a real gateway's desk, a real chain and a node that answers. */
describe("fizz deployment update --sponsored", function () {
  this.timeout(120_000);
  const suite = NetworkSuite.use();
  const running: PayingGateway[] = [];
  afterEach(async () => {
    for (const gateway of running.splice(0)) await gateway.stop();
    await setBalance(parseEther("100"));
  });

  it("updates without a coin for gas, at another price and at the same one", async () => {
    const lid = await suite.createLease();
    const update = await sponsored();
    await setBalance(0n);
    const image = await update(lid, webManifest({ image: "registry.test/web:2.0.0" }));
    expect(image.code, image.stderr).to.equal(0);
    expect(image.json()).to.include({ lid: Number(lid), version: 2 });
    const manifest = webManifest({ image: "registry.test/web:2.0.0" }).replace("128Mi", "256Mi");
    const resources = await update(lid, manifest);
    expect(resources.code, resources.stderr).to.equal(0);
    expect((await suite.leaseOf(lid)).version).to.equal(3);
    const { client } = suite.network.chain;
    expect(await client.getBalance({ address: suite.network.tenant.account.address })).to.equal(0n);
  });

  it("takes no other transaction for its own, whatever the gateway says, and delivers nothing then", async () => {
    const lid = await suite.createLease();
    const other = await strangeTransaction();
    const update = await sponsored((found) => ({ ...found, state: "final", txHash: other }));
    const opened = suite.network.opened.length;
    const result = await update(lid, webManifest({ image: "registry.test/web:2.0.0" }));
    expect([result.code, result.error().code]).to.deep.equal([7, "TX_LOST"]);
    expect(result.error().message).to.include("another transaction").and.include("can still carry it until");
    expect((await suite.leaseOf(lid)).version).to.equal(1);
    expect(suite.network.opened).to.have.length(opened);
  });

  it("says that a request which the gateway calls failed may still be carried", async () => {
    const lid = await suite.createLease();
    const update = await sponsored((found) => ({ ...found, state: "failed", reason: "The dog ate it." }));
    const result = await update(lid, webManifest({ image: "registry.test/web:2.0.0" }));
    expect(result.error().code).to.equal("TX_LOST");
    expect(result.error().message).to.include("The dog ate it.").and.include("can still carry it until");
  });

  async function sponsored(tell?: (found: RelayedRequest) => RelayedRequest) {
    const gateway = await startPayingGateway(suite.network, tell);
    running.push(gateway);
    return async (lid: string, manifest: string): Promise<CliResult> => {
      const file = await suite.home.write("next.yaml", manifest);
      const argv = ["deployment", "update", file, "--lid", lid, "--yes", "--sponsored", "--json"];
      return await suite.home.run(argv, { fetch: gateway.fetch });
    };
  }

  async function setBalance(wei: bigint): Promise<void> {
    await suite.rpc("anvil_setBalance", [suite.network.tenant.account.address, toHex(wei)]);
  }

  /** A transaction that succeeds and is none of the gateway's. */
  async function strangeTransaction(): Promise<Hash> {
    const { chain, stranger } = suite.network;
    const hash = await chain
      .wallet(stranger.account)
      .sendTransaction({ to: stranger.account.address, value: 1n });
    await chain.receipt(hash);
    return hash;
  }
});

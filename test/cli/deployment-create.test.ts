import { closeReasons } from "@fizz/protocol/reasons";
import { expect } from "chai";
import { formatEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { webManifest } from "./support/manifests.ts";
import { NetworkSuite } from "./support/network-suite.ts";

describe("fizz deployment, from a manifest to containers", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();

  describe("create", () => {
    it("ends with one line of JSON in its stable form", async () => {
      const result = await suite.create(["--json"]);
      expect(result.code, result.stderr).to.equal(0);
      const lid = Number(result.json()["lid"]);
      const { manifestHash } = await suite.leaseOf(String(lid));
      expect(result.stdout).to.equal(
        `{"lid":${lid},"state":"active","manifestHash":"${manifestHash}","node":${suite.network.nodeId},` +
          '"replicas":{"ready":1,"total":1},"endpoints":[{"service":"web","replica":0,"port":8080,' +
          '"protocol":"tcp","host":"127.0.0.1","publicPort":30001,"url":"http://127.0.0.1:30001"}]}\n',
      );
    });

    it("tells its progress on stderr and that the development account is used", async () => {
      const result = await suite.create();
      for (const line of [
        "using the public development account",
        "Manifest validated",
        "Duration: 1h",
        "Waiting for nodes to bid",
        "Bid found: node 1",
        "Deployment order created: 0x",
        "Order matched",
        "Sending manifest",
        "The node acknowledged the manifest",
        "Pulling registry.test/web:1.0.0",
      ])
        expect(result.stderr).to.include(line);
      expect(result.stdout).to.include("http://127.0.0.1:30001");
    });

    it("gives the node the manifest, and the gateway only its open part", async () => {
      await suite.home.write("web.yaml", webManifest({ env: "SECRET=hunter2" }));
      await suite.create();
      expect(suite.network.opened.at(-1)?.sealedPart.services[0]?.env).to.deep.equal(["SECRET=hunter2"]);
      expect(JSON.stringify(suite.network.opened.at(-1)?.openPart)).not.to.include("hunter2");
    });

    it("sends nothing with --dry-run, and says what it would cost", async () => {
      const before = await suite.leaseCount();
      const result = await suite.create(["--json", "--dry-run", "--prepaid", "2h"]);
      expect(result.json()).to.include({
        dryRun: true,
        node: Number(suite.network.nodeId),
        prepaidSeconds: 7_200,
      });
      expect(Number(formatEther(BigInt(String(result.json()["locked"]))))).to.be.closeTo(0.0008, 1e-9);
      expect(await suite.leaseCount()).to.equal(before);
    });

    it("sends nothing when the escrow account does not cover it and nobody allowed a deposit", async () => {
      await suite.home.run(["payment", "withdraw", "--amount", "all"], { fetch: suite.network.fetch });
      const before = await suite.leaseCount();
      const result = await suite.run(["deployment", "create", "web.yaml", "--json", "--prepaid", "10h"]);
      expect(result.code).to.equal(4);
      expect(result.error().code).to.equal("INSUFFICIENT_ESCROW");
      expect(result.error().message).to.include("0.004 ETH is missing");
      expect(await suite.leaseCount()).to.equal(before);
    });

    it("explains each refusal when no node bids", async () => {
      suite.network.behaviour.bids = false;
      const result = await suite.create(["--json"]);
      expect(result.code).to.equal(6);
      expect(result.error().code).to.equal("NO_QUOTES");
      expect(result.error().message).to.include("node 1: 2 CPU are wanted, 1 is free. [NODE_FULL]");
    });

    it("takes no quote that another key signed", async () => {
      suite.network.behaviour.quoteKey = generatePrivateKey();
      expect((await suite.create(["--json"])).error().message).to.include(
        "not signed by the node's operator",
      );
    });

    it("takes no quote above the price of the manifest or of --max-price", async () => {
      suite.network.behaviour.forge = (quote) => ({ ...quote, ratePerSecond: quote.ratePerSecond * 2n });
      expect((await suite.create(["--json"])).error().message).to.include("the manifest allows 0.0005 ETH/h");
      suite.network.behaviour.forge = (quote) => quote;
      const limited = await suite.create(["--json", "--max-price", "0.0001"]);
      expect(limited.error().message).to.include("--max-price allows 0.0001 ETH/h");
    });

    it("takes no quote for other resources, another manifest or too little time", async () => {
      suite.network.behaviour.forge = (quote) => ({ ...quote, resources: quote.resources + 1n });
      expect((await suite.create(["--json"])).error().message).to.include("other resources");
      suite.network.behaviour.forge = (quote) => ({ ...quote, openPartHash: quote.sealingKey });
      expect((await suite.create(["--json"])).error().message).to.include("another manifest");
      suite.network.behaviour.forge = (quote) => ({ ...quote, maxSeconds: 60 });
      expect((await suite.create(["--json"])).error().message).to.include("prepaid for 1min to 1min, not 1h");
    });

    it("takes no quote with other cuts, a wrong start deadline or a sealing key that protects nothing", async () => {
      suite.network.behaviour.forge = (quote) => ({ ...quote, subnetCutBps: quote.subnetCutBps + 1 });
      expect((await suite.create(["--json"])).error().message).to.include("cuts are not those on chain");
      suite.network.behaviour.forge = (quote) => ({ ...quote, protocolCutBps: 0 });
      expect((await suite.create(["--json"])).error().message).to.include("cuts are not those on chain");
      suite.network.behaviour.forge = (quote) => ({ ...quote, startWindowSeconds: 86_401 });
      expect((await suite.create(["--json"])).error().message).to.include("start deadline");
      suite.network.behaviour.forge = (quote) => ({ ...quote, sealingKey: `0x${"00".repeat(32)}` });
      expect((await suite.create(["--json"])).error().message).to.include("sealing key protects nothing");
      suite.network.behaviour.forge = (quote) => ({ ...quote, expiresAt: 1 });
      expect((await suite.create(["--json"])).error().message).to.include("it has expired");
    });

    it("delivers the manifest again while the node is away", async () => {
      suite.network.behaviour.offlineDeliveries = 2;
      const result = await suite.create();
      expect(result.code, result.stderr).to.equal(0);
      expect(result.stderr).to.include("Trying again");
    });

    it("says why a lease did not start, with the reason and the money back", async () => {
      suite.network.behaviour.outcome = closeReasons["node.image_pull_failed"];
      const result = await suite.create(["--json"]);
      expect(result.code).to.equal(6);
      expect(result.error().code).to.equal("IMAGE_PULL_FAILED");
      expect(result.error().message).to.include("node.image_pull_failed (10001)");
      expect(result.error().message).to.include("0.0004 ETH is back in your escrow account");
    });

    it("takes the money back with a strike when the node stays silent after its receipt", async () => {
      suite.network.behaviour.outcome = "silence";
      suite.network.behaviour.startWindowSeconds = 60;
      const working = suite.create(["--json"]);
      const count = await suite.leaseCount();
      await suite.nextLease(count);
      await suite.rpc("evm_increaseTime", [120]);
      await suite.rpc("evm_mine", []);
      const result = await working;
      expect(result.error().code, result.stderr).to.equal("LEASE_NOT_STARTED");
      expect(result.error().message).to.include("network.no_show");
      expect(await suite.read("strikesOf", [suite.network.nodeId])).to.equal(1);
    });

    it("gives up watching at --timeout without touching the lease", async () => {
      suite.network.behaviour.outcome = "silence";
      const result = await suite.create(["--json", "--timeout", "3s"]);
      expect(result.code).to.equal(7);
      expect(result.error().code).to.equal("TIMEOUT");
      expect((await suite.leaseOf(String(await suite.leaseCount()))).state).to.equal(1);
    });
  });

  describe("resume", () => {
    it("delivers the same manifest after an interrupted create", async () => {
      const interrupt = new AbortController();
      suite.network.behaviour.offlineDeliveries = 1_000;
      const count = await suite.leaseCount();
      const created = suite.run(["deployment", "create", "web.yaml", "--yes"], { signal: interrupt.signal });
      await suite.nextLease(count);
      interrupt.abort();
      expect((await created).code).to.equal(130);
      suite.network.behaviour.offlineDeliveries = 0;
      const resumed = await suite.run(["deployment", "resume", "--lid", String(count + 1n), "--json"]);
      expect(resumed.code, resumed.stderr).to.equal(0);
      expect(resumed.json()).to.include({ lid: Number(count + 1n), state: "active" });
    });
  });
});

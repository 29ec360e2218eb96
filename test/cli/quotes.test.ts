import { writeFile } from "node:fs/promises";
import { type QuotesResponse } from "@fizz/protocol/messages";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { NetworkSuite } from "./support/network-suite.ts";

describe("fizz quotes", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();

  it("list shows who bids, with the points of each part, and leases nothing", async () => {
    const before = await suite.leaseCount();
    const result = await suite.run(["quotes", "list", "web.yaml"]);
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stdout).to.match(/RANK +NODE +ASKS +PRICE +UPTIME\* +FIT\* +LATENCY\* +TIER +SCORE/);
    expect(result.stdout).to.match(/1 +1 +0\.0004\S* ETH\/h +\d+ +100 +\d+ +97 +\d+ +\d+ +\d+, place 1/);
    expect(await suite.leaseCount()).to.equal(before);
  });

  it("list keeps question and answer, and explain computes the ranking again from them and the chain", async () => {
    const file = `${suite.home.folder}/quotes.json`;
    expect((await suite.run(["quotes", "list", "web.yaml", "--json", file])).code).to.equal(0);
    const again = await suite.run(["quotes", "list", "web.yaml", "--json", file]);
    expect(again.error().code).to.equal("USAGE");
    const result = await suite.run(["quotes", "explain", file]);
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stderr).to.include("The ranking is what the published formula gives");
    const view = (await suite.run(["quotes", "explain", file, "--json"])).json();
    expect(view).to.deep.include({ holds: true, findings: [] });
  });

  it("explain ends with 1 and the codes when a score, a place or an input is not right", async () => {
    const raise = (response: QuotesResponse): QuotesResponse => ({
      ...response,
      quotes: response.quotes.map((quote) => ({ ...quote, score: quote.score + 100 })),
    });
    suite.network.behaviour.tamper = raise;
    const result = await suite.run(["quotes", "explain", "--manifest", "web.yaml"]);
    expect(result.code).to.equal(1);
    expect(result.stdout).to.match(/differs: node 1: says \d+, the formula gives \d+ \[ranking\.score\]/);
    expect(result.stderr).to.include("RANKING_WRONG");
    suite.network.behaviour.tamper = (response) => response;
    suite.network.behaviour.quoteKey = generatePrivateKey();
    const forged = await suite.run(["quotes", "explain", "--manifest", "web.yaml", "--json"]);
    expect(forged.code).to.equal(1);
    expect(forged.error().message).to.include("ranking.signature");
  });

  it("explain says what it cannot compute when the gateway keeps its inputs back", async () => {
    suite.network.behaviour.tamper = ({ quotes, refusals }) => ({
      quotes: quotes.map(({ signed, peerId, score, parts }) => ({ signed, peerId, score, parts })),
      refusals,
    });
    const result = await suite.run(["quotes", "explain", "--manifest", "web.yaml"]);
    expect(result.code).to.equal(1);
    expect(result.stdout).to.include("[ranking.inputs]");
    expect((await suite.create(["--dry-run"])).stderr).to.include("their order is its word");
  });

  it("explain wants one source, quotes of this chain, and a file that list wrote", async () => {
    expect((await suite.run(["quotes", "explain"])).code).to.equal(2);
    const file = `${suite.home.folder}/other.json`;
    await writeFile(file, '{"format":1}');
    expect((await suite.run(["quotes", "explain", file, "--json"])).error().code).to.equal("INPUT_INVALID");
    const kept = await suite.run(["quotes", "list", "web.yaml", "--json", "-"]);
    await writeFile(file, kept.stdout.replace(/"chainId":\d+/, '"chainId":5'));
    expect((await suite.run(["quotes", "explain", file, "--json"])).error().code).to.equal("CHAIN_MISMATCH");
  });

  it("create warns of a ranking that was tampered with, and goes on", async () => {
    suite.network.behaviour.tamper = (response) => ({
      ...response,
      quotes: response.quotes.map((quote) => ({ ...quote, score: 1_000 })),
    });
    const result = await suite.create(["--dry-run"]);
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stderr).to.include("not what the published formula gives (ranking.score)");
  });

  it("list and create wait while nobody bids", async () => {
    const waits: unknown[] = [];
    suite.network.behaviour.bids = false;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (typeof init?.body === "string" && init.body.includes("openSalt")) {
        waits.push((JSON.parse(init.body) as { waitSeconds?: number }).waitSeconds);
        suite.network.behaviour.bids = waits.length > 1;
      }
      return await suite.network.fetch(input, init);
    };
    const file = `${suite.home.folder}/web.yaml`;
    const listed = await suite.home.run(["quotes", "list", file, "--wait", "5m"], { fetch });
    expect(listed.code, listed.stderr).to.equal(0);
    expect(waits).to.deep.equal([50, 50]);
    waits.length = 0;
    const argv = ["deployment", "create", file, "--dry-run", "--wait", "2s"];
    expect((await suite.home.run(argv, { fetch })).code).to.equal(0);
    expect(waits).to.have.length(2);
    expect((await suite.run(["quotes", "list", "web.yaml", "--wait", "2d"])).code).to.equal(2);
  });

  it("list explains each refusal when nobody bids", async () => {
    suite.network.behaviour.bids = false;
    const result = await suite.run(["quotes", "list", "web.yaml"]);
    expect(result.code).to.equal(6);
    expect(result.stderr).to.include("2 CPU are wanted");
  });
});

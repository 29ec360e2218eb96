import { expect } from "chai";
import { parseEther } from "viem";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { expectAccessible } from "./support/accessible.ts";
import { connectWallet } from "./support/actions.ts";
import { type Site, sharedSite, stopSharedSite } from "./support/site.ts";

after(stopSharedSite);

const pages = [
  { name: "nodes", path: "/", ready: "Nodes online" },
  { name: "deploy", path: "/deploy", ready: "Get quotes" },
  { name: "deployments", path: "/deployments", ready: "npx fizz deployment list" },
  { name: "deployment that is not there", path: "/deployment?lid=4711", ready: "There is no lease 4711." },
  { name: "address that names nothing", path: "/deployment", ready: "This address names no deployment." },
  { name: "unknown page", path: "/nothing", ready: "There is no such page." },
] as const;

describe("pages", function () {
  this.timeout(120_000);
  let site: Site;
  before(async function () {
    this.timeout(600_000);
    site = await sharedSite(this);
  });

  for (const [look, options] of [
    ["light", { theme: "light" }],
    ["dark", { theme: "dark" }],
    ["phone", { theme: "light", width: 390 }],
  ] as const)
    it(`are accessible and fit the window: ${look}`, async () => {
      const { context, page, complaints } = await site.visit(options);
      await page.goto(site.url);
      await connectWallet(page);
      for (const { path, ready } of pages) {
        await page.goto(site.url + path);
        await page.getByText(ready).first().waitFor();
        if (path === "/deploy") await page.locator(".cm-content").waitFor();
        await expectAccessible(page);
      }
      await page.goto(site.url);
      await page.getByRole("button", { name: /^Wallet 0x/ }).click();
      await page.getByRole("dialog").waitFor();
      await expectAccessible(page);
      expect(complaints).to.deep.equal([]);
      await context.close();
    });

  it("offer the development wallet on the local chain, labelled as such, and it works", async () => {
    const { context, page, complaints } = await site.visit();
    // The account that the CLI uses on a local chain, so that both see the same deployments.
    const { address } = devAccount("tenant").account;
    const face = new RegExp(`^Wallet ${address.slice(0, 6)}`);
    const before = await site.accountOf(address);
    await page.goto(site.url);
    await page.getByRole("button", { name: "Connect wallet" }).click();
    await page.getByText(/its key is public and it signs without asking/).waitFor();
    await page.getByRole("button", { name: /Development wallet/ }).click();
    await page.getByRole("button", { name: face }).click();
    await page.getByRole("dialog").getByLabel("Amount in ETH").fill("1.25");
    await page.getByRole("dialog").getByRole("button", { name: "Deposit" }).click();
    await page.getByText("It is in your escrow account.").waitFor();
    const { free } = await site.accountOf(address);
    expect(free - before.free).to.equal(parseEther("1.25"));
    await page.reload();
    await page.getByRole("button", { name: face }).waitFor();
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it("say that the chain is away, and stop saying so when it is back", async () => {
    const { context, page } = await site.visit();
    await page.goto(site.url);
    await page.getByText("Nodes online").waitFor();
    const rpc = `${site.network.description.rpcUrl}/**`;
    await page.route(rpc, (route) => route.abort());
    const sentence = page.getByText(/The chain's RPC at .* does not answer\./);
    await sentence.waitFor();
    await page.unroute(rpc);
    await sentence.waitFor({ state: "detached" });
    await context.close();
  });

  it("say that the gateway is away, keep what they knew, and go on by themselves", async () => {
    const { context, page } = await site.visit();
    await page.goto(site.url);
    await page.getByText("1 of 1", { exact: true }).waitFor();
    await site.network.gateway().stop();
    const sentence = page.getByText(/The gateway at .* does not answer\./);
    await sentence.waitFor();
    await page.getByRole("row", { name: /^#1 / }).waitFor();
    await site.network.restartGateway();
    await sentence.waitFor({ state: "detached" });
    await context.close();
  });

  it("show thousands of nodes by pages, and find one among them", async () => {
    const { context, page, complaints } = await site.visit();
    await page.goto(site.url);
    await page.getByText("1 of 1", { exact: true }).waitFor();
    const list = await fetch(`${site.network.description.gatewayUrl}/v1/nodes`);
    const [node] = ((await list.json()) as { nodes: object[] }).nodes;
    const nodes = Array.from({ length: 2_000 }, (_, index) => ({ ...node, nodeId: String(index + 1) }));
    const data = JSON.stringify({ now: Date.now(), begin: true, end: true, nodes });
    const headers = { "access-control-allow-origin": "*", "content-type": "text/event-stream" };
    await page.route("**/v1/nodes/stream*", (route) =>
      route.fulfill({ headers, body: `event: snapshot\nid: 1\ndata: ${data}\n\n` }),
    );
    await page.reload();
    await page.getByText("Page 1 of 40").waitFor();
    const rows = page.locator("tbody tr");
    expect(await rows.count()).to.equal(50);
    const first = await rows.first().textContent();
    await page.getByRole("button", { name: "Next page" }).click();
    await page.getByText("Page 2 of 40").waitFor();
    expect(await rows.first().textContent()).not.to.equal(first);
    await expectAccessible(page);
    await page.getByLabel("Find nodes").fill("#1987");
    await page.getByRole("row", { name: /^#1987 / }).waitFor();
    expect(await rows.count()).to.equal(1);
    await page.getByLabel("Find nodes").fill("nowhere");
    await page.getByText("None of 2000 nodes is like that.").waitFor();
    expect(complaints.filter((text) => !text.includes("stream"))).to.deep.equal([]);
    await context.close();
  });

  it("say what is missing while there is no network.json, and load by themselves once it is there", async () => {
    const { context, page } = await site.visit();
    await page.route("**/network.json", (route) => route.fulfill({ status: 404 }));
    await page.goto(site.url);
    await page.getByText("This page does not know its network yet.").waitFor();
    await page.unroute("**/network.json");
    await page.getByText("Nodes online").waitFor();
    await context.close();
  });
});

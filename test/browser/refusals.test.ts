import { closeReasons } from "@fizz/protocol/reasons";
import { expect } from "chai";
import { connectWallet, replaceInEditor, toast } from "./support/actions.ts";
import { moneyOf, nineDigits } from "./support/money.ts";
import { PATIENCE_MS, type Site, sharedSite, stopSharedSite, type Visit } from "./support/site.ts";

after(stopSharedSite);

describe("what the page does when things go wrong", function () {
  this.timeout(180_000);
  let site: Site;
  before(async function () {
    this.timeout(600_000);
    site = await sharedSite(this);
  });

  it("hands the manifest past a gateway that keeps it, shows why an image cannot be had, and that all the money is back", async () => {
    const { page, wallet, context } = await openDeployPage(site);
    let kept = 0;
    await page.route("**/v1/leases/*/manifest", async (route) => {
      kept += 1;
      const headers = { "access-control-allow-origin": "*" };
      await route.fulfill({ status: 202, headers, json: { pending: true } });
    });
    const before = await site.accountOf(wallet.address);
    await replaceInEditor(page, "image: fizz/hello:1.0.0", "image: fizz/nowhere:9.9.9");
    await replaceInEditor(page, "pull_policy: IfNotPresent", "pull_policy: Never");
    await page.getByRole("button", { name: "Get quotes" }).click();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.waitForURL(/\/deployment\?lid=\d+$/);
    await page.locator('[data-phase="image"][data-state="failed"]').waitFor({ timeout: 2 * PATIENCE_MS });
    await page.getByText("This lease ended before it started.").waitFor({ timeout: 2 * PATIENCE_MS });
    await page.getByText("node.image_pull_failed").first().waitFor();
    // The node looked for the image: it has the manifest, and not from the gateway.
    expect(kept).to.be.greaterThan(0);
    const lid = BigInt(new URL(page.url()).searchParams.get("lid") ?? "0");
    const { locked, refunded, reason } = await moneyOf(site, lid);
    expect([refunded, reason]).to.deep.equal([locked, closeReasons["node.image_pull_failed"]]);
    const card = await page.getByRole("region", { name: "Lease", exact: true }).textContent();
    expect(card).to.contain(`escrow account${nineDigits(refunded)} ETH`);
    expect(await site.accountOf(wallet.address)).to.deep.equal({
      free: before.free > locked ? before.free : locked,
      locked: 0n,
    });
    await context.close();
  });

  it("says which wallet lacks what, before the wallet is asked", async () => {
    const { page, wallet, context } = await openDeployPage(site);
    const { client } = site.network.chain;
    const balance = await client.getBalance({ address: wallet.address });
    const { free } = await site.accountOf(wallet.address);
    // More than is free, so that something must be sent, and a wallet that has nothing to send.
    await page.getByRole("button", { name: "Get quotes" }).click();
    await page.getByLabel("Prepaid time in minutes").fill("1380");
    await client.request({ method: "anvil_setBalance", params: [wallet.address, "0x0"] } as never);
    const prompts = wallet.prompts();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await toast(page, "The wallet does not hold enough");
    expect(wallet.prompts()).to.equal(prompts);
    await client.request({
      method: "anvil_setBalance",
      params: [wallet.address, `0x${balance.toString(16)}`],
    } as never);
    expect((await site.accountOf(wallet.address)).free).to.equal(free);
    await context.close();
  });

  it("waits for a bid when nobody bids, over a gateway that is away for a while", async () => {
    const { page, context } = await openDeployPage(site);
    let calls = 0;
    await page.route("**/v1/quotes", async (route) => {
      const isCall = route.request().method() === "POST";
      if (isCall) calls += 1;
      const headers = { "access-control-allow-origin": "*" };
      if (isCall && calls === 1) await route.fulfill({ headers, json: { quotes: [], refusals: [] } });
      else if (isCall && calls === 2) await route.abort();
      else await route.continue();
    });
    await page.getByRole("button", { name: "Get quotes" }).click();
    await page.getByRole("button", { name: "Wait for a bid" }).click();
    await page.getByRole("region", { name: "Review" }).waitFor();
    expect(calls).to.equal(3);
    await context.close();
  });

  // The last one: it moves the chain's clock.
  it("refuses a quote that is too old with a sentence, before the wallet is asked", async () => {
    const { page, wallet, context } = await openDeployPage(site);
    await page.getByRole("button", { name: "Get quotes" }).click();
    await page.getByRole("region", { name: "Review" }).waitFor();
    const prompts = wallet.prompts();
    const { client } = site.network.chain;
    await client.request({ method: "evm_increaseTime", params: [3_600] } as never);
    await client.request({ method: "evm_mine", params: [] } as never);
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await toast(page, /The quote expired at .* Ask for a new one\./);
    expect(wallet.prompts()).to.equal(prompts);
    await context.close();
  });
});

async function openDeployPage(site: Site): Promise<Visit> {
  const visit = await site.visit();
  await visit.page.goto(`${site.url}/deploy`);
  await connectWallet(visit.page);
  await visit.page.locator(".cm-content").waitFor();
  return visit;
}

import { expect } from "chai";
import { type Page } from "playwright-core";
import { expectAccessible, expectAccessibleInBothThemes } from "./support/accessible.ts";
import { connectWallet, replaceInEditor, toast } from "./support/actions.ts";
import { moneyOf, nineDigits } from "./support/money.ts";
import { PATIENCE_MS, type Site, sharedSite, stopSharedSite, type Visit } from "./support/site.ts";

after(stopSharedSite);

const OTHER_CHAIN = 1;
/** Lines of the hello example, before and after a slip that Fizz mode does not allow. */
const GOOD_PORT = "port: 8080";
const BAD_PORT = "port: 443";

describe("a deployment in the browser, from the wallet to the refund", function () {
  this.timeout(180_000);
  let site: Site;
  let visit: Visit;
  let page: Page;

  before(async function () {
    this.timeout(600_000);
    site = await sharedSite(this);
    visit = await site.visit({ walletChainId: OTHER_CHAIN });
    page = visit.page;
    await page.goto(site.url);
  });

  it("shows the subnet's node, live, and sorts", async () => {
    await page.getByText("1 of 1", { exact: true }).waitFor();
    const row = page.getByRole("row", { name: /^#1 / });
    expect(await row.textContent())
      .to.contain("online")
      .and.to.contain("fizz")
      .and.to.contain("ETH");
    const heading = page.getByRole("columnheader", { name: "CPU free" });
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).to.equal("descending");
  });

  it("takes a refusal in the wallet as a decision, not as an error", async () => {
    visit.wallet.policy = "reject";
    await page.getByRole("button", { name: "Connect wallet" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    await toast(page, "Cancelled in the wallet");
    await page.keyboard.press("Escape");
    visit.wallet.policy = "approve";
  });

  it("connects, and brings a wallet on another chain to this one, which it did not know", async () => {
    await page.getByRole("button", { name: "Connect wallet" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    await page.getByRole("button", { name: "Switch to Local chain" }).click();
    await page.getByRole("button", { name: /^Wallet 0x/ }).waitFor();
    expect(visit.wallet.log).to.include("wallet_addEthereumChain");
  });

  it("marks a mistake where it stands, lists it with line and column, and asks nobody for quotes", async () => {
    await page.getByRole("link", { name: "Deploy", exact: true }).click();
    await page.getByText("No sensitive data on Fizz nodes.").waitFor();
    await replaceInEditor(page, GOOD_PORT, BAD_PORT);
    await page.locator(".cm-lintRange-error").first().waitFor();
    const issue = page.getByRole("list", { name: "Problems of the manifest" }).getByRole("listitem").first();
    expect(await issue.textContent()).to.match(
      /\d+:\d+ services\.web\.expose\[0\]\.port.*MANIFEST_FIZZ_PORT/,
    );
    expect(await page.getByRole("button", { name: "Get quotes" }).isDisabled()).to.equal(true);
  });

  it("gets quotes once the mistake is gone, each with the reasons for its score", async () => {
    await replaceInEditor(page, BAD_PORT, GOOD_PORT);
    await page.getByRole("button", { name: "Get quotes" }).click();
    await page.getByText("1 quote", { exact: true }).waitFor();
    await page.getByText("Why this score").click();
    await page
      .getByText(/\d+ of \d+/)
      .first()
      .waitFor();
  });

  it("shows cost, prepaid time, escrow and gas before anything is signed", async () => {
    const review = page.getByRole("region", { name: "Review" });
    await review
      .getByText(/^0\.\d+ ETH$/)
      .first()
      .waitFor();
    await review.getByText("Gas, at most").waitFor();
    expect(await review.textContent())
      .to.contain("= 1 h")
      .and.to.match(/Free in your escrow account0 ETH/);
    expect(visit.wallet.log).to.not.include("eth_sendTransaction");
  });

  it("is accessible with quotes and review on it", async () => {
    await expectAccessible(page);
  });

  it("sends nothing when the wallet's owner says no", async () => {
    visit.wallet.policy = "reject";
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await toast(page, "Nothing was sent.");
    expect(await site.leaseCount()).to.equal(0n);
    visit.wallet.policy = "approve";
  });

  it("deploys: transaction, lease, manifest, image, container, confirmed, serving", async () => {
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.waitForURL(/\/deployment\?lid=1$/);
    const done = page.locator('[data-phase][data-state="done"]');
    await done.nth(6).waitFor({ timeout: 2 * PATIENCE_MS });
    await page.locator("[data-phase] time").nth(6).waitFor();
    expect(await done.count()).to.equal(7);
    expect(await site.leaseCount()).to.equal(1n);
  });

  it("is there again after a reload, without asking the wallet", async () => {
    const prompts = visit.wallet.prompts();
    await page.reload();
    await page.locator('[data-phase="serving"][data-state="done"]').waitFor();
    await page.getByRole("region", { name: "Service" }).getByText("1 of 1 replica ready").waitFor();
    expect(visit.wallet.prompts()).to.equal(prompts);
  });

  it("opens the service through the gateway's public port", async () => {
    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: /^http:\/\/127\.0\.0\.1:\d+$/ }).click();
    const service = await opened;
    await service.waitForLoadState();
    expect(await service.textContent("body")).to.contain("Hello from Fizz");
    await service.close();
  });

  it("shows the logs live, finds words in them, and the start-up steps", async () => {
    const logs = page.getByRole("log", { name: "Log lines" });
    await logs.getByText('greeting "Hello from Fizz"').waitFor();
    await page.getByLabel("Search in the logs").fill("no such word");
    await page.getByText(/^0 of \d+ lines?$/).waitFor();
    await page.getByLabel("Search in the logs").fill("");
    await page.getByLabel("Start-up steps").check();
    await logs.getByText("Deployment startup complete").waitFor();
  });

  it("shows the events as a timeline", async () => {
    await page.getByRole("tab", { name: "Events" }).click();
    const events = page.getByRole("list", { name: "Events" });
    for (const code of ["manifest.accepted", "container.started", "lease.confirmed"])
      await events.getByText(code, { exact: true }).first().waitFor();
  });

  it("is accessible with logs and events, in light and dark", async () => {
    await expectAccessibleInBothThemes(page);
    await page.getByRole("tab", { name: "Logs" }).click();
    await expectAccessibleInBothThemes(page);
  });

  it("opens a shell in the container, allowed by the wallet, and tells the exit code", async () => {
    await page.getByRole("tab", { name: "Shell" }).click();
    await page.getByRole("button", { name: "Allow a shell" }).click();
    await page.getByRole("button", { name: "Open a shell" }).click();
    const shell = page.getByRole("textbox", { name: /^Shell in / });
    await shell.waitFor({ state: "attached", timeout: PATIENCE_MS });
    // xterm.js shows what it has in a list for screen readers.
    const screen = page.locator(".xterm-accessibility");
    await screen.getByText("#").first().waitFor();
    await page.keyboard.type("echo sum is $((40 + 2))\n");
    await screen.getByText("sum is 42").first().waitFor();
    await page.keyboard.type("stty size; exit 7\n");
    await page.getByText("The shell ended with exit code 7.").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.getByRole("tab", { name: "Logs" }).click();
  });

  it("takes back all sessions with one signature, and opens a new one", async () => {
    await page.getByRole("button", { name: "Revoke sessions" }).click();
    await toast(page, "The node has signed for it");
    await page.getByRole("button", { name: "Open a session" }).click();
    await page.getByRole("log").getByText('greeting "Hello from Fizz"').waitFor();
  });

  it("opens in another browser too, with a session that the wallet signs there", async () => {
    const other = await site.visit();
    await other.page.goto(`${site.url}/deployment?lid=1`);
    await other.page.getByText("Only the wallet that opened this lease").waitFor();
    await connectWallet(other.page);
    await other.page.getByRole("button", { name: "Open a session" }).click();
    await other.page.getByRole("log").getByText('greeting "Hello from Fizz"').waitFor();
    await other.page.locator('[data-phase="serving"][data-state="done"]').waitFor();
    expect(other.wallet.log).to.not.include("eth_sendTransaction");
    expect(other.complaints).to.deep.equal([]);
    await other.context.close();
  });

  it("lists the deployment with its state", async () => {
    await page.getByRole("link", { name: "Deployments" }).click();
    const link = page.getByRole("link", { name: /#1 ?hello ?active/ });
    await link.waitFor();
    await link.click();
    await page.waitForURL(/lid=1$/);
  });

  it("closes: the refund that it shows is the one that the chain credits", async () => {
    await page.getByRole("button", { name: "Close this deployment" }).click();
    await page.getByRole("button", { name: "Close and refund" }).click();
    await page.getByText("Refunded to your escrow account").waitFor();
    const facts = await page.getByRole("region", { name: "Lease", exact: true }).textContent();
    const { refunded, reason } = await moneyOf(site, 1n);
    expect(reason).to.equal(1);
    expect(facts)
      .to.contain("tenant.closed")
      .and.to.contain(`escrow account${nineDigits(refunded)} ETH`);
    expect(await site.accountOf(visit.wallet.address)).to.deep.equal({ free: refunded, locked: 0n });
  });

  it("withdraws the refund to the wallet", async () => {
    const { free } = await site.accountOf(visit.wallet.address);
    await page.getByRole("button", { name: /^Wallet 0x/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount in ETH").fill("1000");
    await dialog.getByRole("button", { name: "Withdraw" }).click();
    await dialog.getByText(/^Only .* ETH is free\.$/).waitFor();
    await dialog.getByLabel("Amount in ETH").fill("0.0000001");
    await dialog.getByRole("button", { name: "Withdraw" }).click();
    await toast(page, "It is back in your wallet.");
    expect((await site.accountOf(visit.wallet.address)).free).to.equal(free - 10n ** 11n);
    await page.keyboard.press("Escape");
  });

  it("complained about nothing on the way", () => {
    expect(visit.complaints).to.deep.equal([]);
  });
});

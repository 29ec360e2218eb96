import { expect } from "chai";
import { type Page } from "playwright-core";
import { expectAccessibleInBothThemes } from "./support/accessible.ts";
import { type Site, sharedSite, stopSharedSite, type Visit } from "./support/site.ts";

after(stopSharedSite);

const COMPOSE = `services:
  web:
    image: ghcr.io/example/web:1.0.0
    ports: ["8080:3000"]
    privileged: true
`;

describe("a Compose file in the editor", function () {
  this.timeout(120_000);
  let site: Site;
  let visit: Visit;
  let page: Page;
  before(async function () {
    this.timeout(600_000);
    site = await sharedSite(this);
    visit = await site.visit();
    page = visit.page;
    await page.goto(`${site.url}/deploy`);
    await page.locator(".cm-content").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(COMPOSE);
  });
  after(async () => {
    await visit.context.close();
  });

  it("is offered to be made into a manifest, in place of a list of problems", async () => {
    await page.getByText("This looks like a Compose file or an Akash SDL.").waitFor();
    expect(await page.getByRole("list", { name: "Problems of the manifest" }).count()).to.equal(0);
    await expectAccessibleInBothThemes(page);
  });

  it("becomes a valid manifest, and what was left out is told", async () => {
    await page.getByRole("button", { name: "Make a manifest of it" }).click();
    await page.getByText("Converted to fizz mode.").waitFor();
    await page.locator(".cm-line", { hasText: "profiles:" }).waitFor();
    await page.getByText(/things to look at/).click();
    const changed = page.getByRole("list", { name: "What the conversion changed" });
    expect(await changed.textContent()).to.contain("A node gives a container no rights on its machine.");
    await page.getByText("Connect a wallet first: a quote is made for one tenant.").waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("comes back with Undo", async () => {
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator(".cm-line", { hasText: "privileged: true" }).waitFor();
    await page.getByText("This looks like a Compose file or an Akash SDL.").waitFor();
    expect(visit.complaints).to.deep.equal([]);
  });
});

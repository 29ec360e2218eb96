import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "chai";
import { type Page } from "playwright-core";

const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Colours fade in: what is half transparent has no contrast yet. */
const FADE_MS = 300;

/** Holds the page against WCAG 2.2 AA and checks that nothing is wider than the window. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.waitForTimeout(FADE_MS);
  const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
  );
  expect(found).to.deep.equal([]);
  const overflow: unknown = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow, page.url()).to.equal(0);
}

/** {@link expectAccessible} as it is, and after a click on the theme button; the theme is as before then. */
export async function expectAccessibleInBothThemes(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Switch between light and dark" });
  await expectAccessible(page);
  await button.click();
  await expectAccessible(page);
  await button.click();
}

import { type Page } from "playwright-core";

/** Connects the test wallet through the dialog. */
export async function connectWallet(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Connect wallet" }).click();
  await page.getByRole("button", { name: "Test wallet" }).click();
  await page.getByRole("button", { name: /^Wallet 0x/ }).waitFor();
}

/** Waits for a message, and takes it away so that a later one is not mistaken for it. */
export async function toast(page: Page, text: string | RegExp): Promise<void> {
  const shown = page.locator("[data-sonner-toast]").filter({ hasText: text }).first();
  await shown.waitFor();
  await shown.locator("[data-close-button]").dispatchEvent("click");
  await shown.waitFor({ state: "detached" });
}

/** Types into the editor as a person does: from the end of the first line that has the text. */
export async function replaceInEditor(page: Page, from: string, to: string): Promise<void> {
  await page.locator(".cm-line", { hasText: from }).first().click();
  await page.keyboard.press("End");
  for (let index = 0; index < from.length; index += 1) await page.keyboard.press("Backspace");
  await page.keyboard.type(to);
}

import { type HistoryAsOf } from "@fizz/protocol/messages";
import { getAddress } from "viem";
import { type Context } from "../context.ts";
import { showTime } from "../output/format.ts";

interface Page {
  readonly asOf: HistoryAsOf;
  readonly nextCursor: string | null;
}

/** Warns of a page whose block is not on the chain of the settings: it is of another branch, or made up. */
export async function checkPage(context: Context, { asOf }: Page): Promise<void> {
  const chain = await context.chain();
  const isOurs = asOf.chainId === chain.id && asOf.market === getAddress(chain.contracts.leaseMarket);
  const block = isOurs
    ? await chain.client.getBlock({ blockNumber: asOf.block }).catch(() => undefined)
    : undefined;
  if (block?.hash === asOf.blockHash) return;
  context.terminal.warn(
    `block ${asOf.block} of the gateway's history is not on the chain of your RPC: the answer may be of another branch.`,
  );
}

/** A page as it came, or its table and what it is true for. */
export function tellPage(context: Context, page: Page, told: { json: boolean; table: () => string }): void {
  const { terminal } = context;
  if (told.json) {
    terminal.json(page);
    return;
  }
  terminal.stdout(told.table());
  const { block, time, finalBlock, completeSince } = page.asOf;
  terminal.note(
    `by the gateway's word, up to block ${block} (${showTime(time * 1_000)}), final up to ${finalBlock}`,
  );
  if (completeSince > 0)
    terminal.note(`what ended before ${showTime(completeSince * 1_000)} is no longer kept there`);
  if (page.nextCursor !== null) terminal.note(`there is more: --cursor ${page.nextCursor}`);
}

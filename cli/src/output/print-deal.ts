import { type Deal } from "../deployment/make-deal.ts";
import { showAmount, showDuration, showHourly } from "./format.ts";
import { formatFacts } from "./table.ts";
import { type Terminal } from "./terminal.ts";

/** What an order would cost, on stdout. */
export function printDeal(
  terminal: Terminal,
  { quote, token, prepaidSeconds, composed }: Deal,
  json: boolean,
): void {
  const { nodeId, ratePerSecond, reservationSeconds } = quote.signed.quote;
  if (json) {
    terminal.json({
      dryRun: true,
      node: Number(nodeId),
      manifestHash: composed.manifestHash,
      token: token.symbol,
      ratePerSecond,
      prepaidSeconds,
      locked: composed.locked,
    });
    return;
  }
  terminal.data("Would be ordered");
  terminal.stdout(
    formatFacts([
      ["Node", `${nodeId}`],
      ["Price", showHourly(ratePerSecond, token)],
      ["Locked", `${showAmount(composed.locked, token)} for ${showDuration(prepaidSeconds)}`],
      ["Lost at most when you cancel before the start", `the price of ${showDuration(reservationSeconds)}`],
    ]),
  );
}

import { type Logger } from "../observability/logger.ts";
import { type Pricing } from "../owner-ports.ts";
import { type Clock } from "../ports.ts";
import { ListPricing } from "./list-pricing.ts";
import { type LoadedPrices } from "./price-list.ts";
import { requireScript } from "./run-script.ts";
import { ScriptPricing } from "./script-pricing.ts";

/** How the owner wants orders priced. */
export interface PricingSettings {
  readonly FIZZ_NODE_PRICE_SCRIPT?: string | undefined;
  readonly FIZZ_NODE_PRICE_SCRIPT_MS: number;
  readonly FIZZ_NODE_PRICE_SCRIPT_ELSE: "list" | "none";
  readonly FIZZ_NODE_PRICE_BELOW_LIST: boolean;
}

/** By the list alone, or by the owner's script. @throws ProtocolError CONFIG_INVALID for a script that cannot be run */
export function makePricing(
  settings: PricingSettings,
  { prices, tokenDecimals }: LoadedPrices,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Pricing {
  const list = new ListPricing(prices);
  const path = settings.FIZZ_NODE_PRICE_SCRIPT;
  if (path === undefined) return list;
  requireScript(path);
  return new ScriptPricing(
    { list, clock, log },
    {
      path,
      timeoutMs: settings.FIZZ_NODE_PRICE_SCRIPT_MS,
      mayUndercut: settings.FIZZ_NODE_PRICE_BELOW_LIST,
      fallsBack: settings.FIZZ_NODE_PRICE_SCRIPT_ELSE === "list",
      token: prices.token,
      tokenDecimals,
    },
  );
}

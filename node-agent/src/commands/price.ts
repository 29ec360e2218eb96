import { readFileSync } from "node:fs";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  MAX_MANIFEST_BYTES,
  openPartOf,
  parseManifest,
  priceCeilingPerSecond,
  resourcesOf,
} from "@fizz/protocol/manifest";
import { findPriceMisfit } from "@fizz/protocol/scores";
import { formatAmount, rateFromHourly } from "@fizz/protocol/units";
import { zeroAddress } from "viem";
import { type PricedOrder } from "../domain/script-order.ts";
import { offeredResources } from "../machine.ts";
import { type PriceAnswer } from "../owner-ports.ts";
import { makePricing } from "../pricing/make-pricing.ts";
import { loadPrices } from "../pricing/price-list.ts";
import { systemClock } from "../system-clock.ts";
import { type CommandContext } from "./context.ts";

export interface PriceOptions {
  /** A manifest. */
  readonly order: string | undefined;
  readonly json: boolean;
}

/** Says what this node would ask for a manifest now, and how long the pricing script took. Exit code 1 for no price. */
export async function price({ config, log, print }: CommandContext, options: PriceOptions): Promise<number> {
  if (options.order === undefined)
    throw new ProtocolError("USAGE", "Name a manifest: fizz node price --order app.yaml");
  const loaded = loadPrices(config.FIZZ_NODE_PRICES);
  const pricing = makePricing(config, loaded, { clock: systemClock, log });
  const offered = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  const order = readOrder(options.order, { free: offered, maxLeases: config.FIZZ_NODE_MAX_LEASES });
  const from = performance.now();
  const answer = await pricing.price(order);
  const found = {
    ...outcomeOf(answer, order, loaded.tokenDecimals),
    tookMs: Math.round(performance.now() - from),
    failure: pricing.report()?.lastFailure?.message ?? null,
  };
  for (const line of options.json ? [JSON.stringify(found)] : linesOf(found)) print(line);
  return found.refusal === null && found.failure === null ? 0 : 1;
}

interface Outcome {
  readonly pricePerHour: string | null;
  readonly ceilingPerHour: string;
  readonly refusal: string | null;
}

function outcomeOf(answer: PriceAnswer, { openPart }: PricedOrder, decimals: number): Outcome {
  const ceiling = priceCeilingPerSecond(openPart, decimals);
  const ceilingPerHour = formatAmount((ceiling * 3_600n) / 10n ** 12n, decimals);
  if (answer.type === "declined")
    return { pricePerHour: null, ceilingPerHour, refusal: answer.reason.message };
  const [tooMuch] = findPriceMisfit(rateFromHourly(answer.perHour), ceiling, decimals);
  const pricePerHour = formatAmount(answer.perHour, decimals);
  return { pricePerHour, ceilingPerHour, refusal: tooMuch?.message ?? null };
}

function linesOf(found: Outcome & { readonly tookMs: number; readonly failure: string | null }): string[] {
  return [
    ...(found.failure === null ? [] : [`The script failed: ${found.failure}`]),
    ...(found.pricePerHour === null ? [] : [`Price       ${found.pricePerHour} an hour`]),
    `Ceiling     ${found.ceilingPerHour} an hour, by the manifest`,
    ...(found.refusal === null ? [] : [`No quote    ${found.refusal}`]),
    `Took        ${found.tookMs} ms`,
  ];
}

function readOrder(path: string, place: Pick<PricedOrder, "free" | "maxLeases">): PricedOrder {
  const parsed = parseManifest(readText(path));
  if (!parsed.ok) {
    const problems = parsed.issues.map(({ message }) => message).join("\n");
    throw new ProtocolError("MANIFEST_INVALID", `${path} is not a valid manifest:\n${problems}`);
  }
  const openPart = openPartOf(parsed.manifest);
  const wanted = resourcesOf(openPart, place.free.gpuModel);
  return { openPart, tenant: zeroAddress, isUpdate: false, wanted, leases: 0, ...place };
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= MAX_MANIFEST_BYTES) return text;
  } catch (cause) {
    throw new ProtocolError("USAGE", `${path} cannot be read.`, { cause });
  }
  throw new ProtocolError("INPUT_TOO_LARGE", `${path} is over ${MAX_MANIFEST_BYTES} bytes.`);
}

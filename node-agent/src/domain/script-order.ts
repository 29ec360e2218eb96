import { type OpenPart, priceCeilingPerSecond, type ResourceVector } from "@fizz/protocol/manifest";
import { reason, type Reason } from "@fizz/protocol/scores";
import { gpuModelOf } from "@fizz/protocol/tiers";
import { type Amount, formatAmount, parseAmount, RATE_SCALE, ratePerHour } from "@fizz/protocol/units";
import { type Address } from "viem";
import { z } from "zod";

/** Version of what a pricing script reads; it grows by new fields only. */
const SCRIPT_ORDER_VERSION = 1;
const MAX_DECLINE_LENGTH = 200;
/** Most token units per hour: a rate of the contracts has 96 bits, × 1e12 per second. */
const MAX_PER_HOUR = ((2n ** 96n - 1n) * 3_600n) / RATE_SCALE;

const answerSchema = z.union([
  z.strictObject({ pricePerHour: z.string().regex(/^\d{1,30}(\.\d{1,30})?$/) }),
  z.strictObject({ decline: z.string().trim().min(1).max(MAX_DECLINE_LENGTH) }),
]);

/** An order that fits, as it is priced. */
export interface PricedOrder {
  readonly openPart: OpenPart;
  readonly tenant: Address;
  readonly isUpdate: boolean;
  readonly wanted: ResourceVector;
  readonly free: ResourceVector;
  readonly leases: number;
  readonly maxLeases: number;
}

export interface ScriptTerms {
  readonly token: Address;
  readonly decimals: number;
  /** What the list asks, token units per hour. */
  readonly listPerHour: Amount;
  /** Whether the script may ask less than the list. */
  readonly mayUndercut: boolean;
}

export type ScriptAnswer =
  | { readonly type: "price"; readonly perHour: Amount }
  | { readonly type: "declined"; readonly reason: Reason }
  | { readonly type: "failed"; readonly why: string };

/** What a pricing script reads: one line of JSON. Amounts are whole tokens, in decimal; docs/PRICING.md. */
export function scriptOrderOf(order: PricedOrder, terms: ScriptTerms): string {
  const { openPart, wanted, free } = order;
  const { token, decimals, listPerHour } = terms;
  const show = (amount: bigint): string => formatAmount(amount, decimals);
  const { gpuModel: index, ...resources } = wanted;
  const gpuModel = wanted.gpuUnits === 0 ? null : (gpuModelOf(index)?.model ?? null);
  return JSON.stringify({
    version: SCRIPT_ORDER_VERSION,
    tenant: order.tenant,
    update: order.isUpdate,
    durationSeconds: openPart.durationSeconds,
    token,
    decimals,
    resources: { ...resources, gpuModel },
    listPricePerHour: show(listPerHour),
    ceilingPerHour: show(ratePerHour(priceCeilingPerSecond(openPart, decimals))),
    node: {
      leases: order.leases,
      maxLeases: order.maxLeases,
      free: {
        milliCpu: free.milliCpu,
        memoryMiB: free.memoryMiB,
        storageGiB: free.storageGiB,
        gpuUnits: free.gpuUnits,
      },
    },
    openPart,
  });
}

/** What a script's output means. Anything but one JSON object of the schema, within the bounds, is a failure. */
export function readScriptAnswer(text: string, terms: ScriptTerms): ScriptAnswer {
  const parsed = parse(text);
  if (parsed === undefined)
    return failed('the output is not {"pricePerHour":"0.01"} or {"decline":"why"} and nothing else');
  if ("decline" in parsed) {
    const message = `the owner's pricing declines: ${parsed.decline}`;
    return { type: "declined", reason: reason("price.declined", message) };
  }
  const { decimals, listPerHour, mayUndercut } = terms;
  const { pricePerHour } = parsed;
  if ((/\.(\d*?)0*$/.exec(pricePerHour)?.[1]?.length ?? 0) > decimals)
    return failed(`the price ${pricePerHour} has more than the token's ${decimals} decimals`);
  const perHour = parseAmount(pricePerHour, decimals);
  if (perHour > MAX_PER_HOUR) return failed(`the price ${pricePerHour} is too large`);
  if (perHour < listPerHour && !mayUndercut)
    return failed(`the price ${pricePerHour} is below the list's ${formatAmount(listPerHour, decimals)}`);
  return { type: "price", perHour };
}

function parse(text: string): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function failed(why: string): ScriptAnswer {
  return { type: "failed", why };
}

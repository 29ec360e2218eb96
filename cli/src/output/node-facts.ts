import { type ResourceVector, unpackResources } from "@fizz/protocol/manifest";
import { diskMethodOf, diskMethodTexts, type NodeEntry } from "@fizz/protocol/messages";
import { gpuModelOf } from "@fizz/protocol/tiers";

const MILLI = 1_000;
const BPS_PER_PERCENT = 100;

/** Whether it can be asked for a quote now, in a word. */
export function stateOf({ online, draining, acceptsOrders }: NodeEntry): string {
  if (!online) return "away";
  if (draining) return "leaving";
  return acceptsOrders ? "takes orders" : "busy";
}

export function freeOf({ free }: NodeEntry): string {
  return textOf(unpackResources(free));
}

export function totalOf({ total }: NodeEntry): string {
  return textOf(unpackResources(total));
}

/** How what a container has on disk is held to its lease. */
export function diskOf({ offer }: NodeEntry): (typeof diskMethodTexts)["quota"] {
  return diskMethodTexts[diskMethodOf(offer)];
}

export function uptimeOf({ uptimeBps }: NodeEntry): string {
  return uptimeBps === null ? "new" : `${uptimeBps / BPS_PER_PERCENT} %`;
}

function textOf({ milliCpu, memoryMiB, storageGiB, gpuUnits, gpuModel }: ResourceVector): string {
  const gpus = gpuUnits > 0 ? `, ${gpuUnits} × ${gpuModelOf(gpuModel)?.title ?? "GPU"}` : "";
  return `${milliCpu / MILLI} CPU, ${memoryMiB} MiB, ${storageGiB} GiB disk${gpus}`;
}

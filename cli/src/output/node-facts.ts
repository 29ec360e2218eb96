import { resourcesText, unpackResources } from "@fizz/protocol/manifest";
import { diskMethodOf, diskMethodTexts, type NodeEntry } from "@fizz/protocol/messages";

const BPS_PER_PERCENT = 100;

/** Whether it can be asked for a quote now, in a word. */
export function stateOf({ online, draining, acceptsOrders }: NodeEntry): string {
  if (!online) return "away";
  if (draining) return "leaving";
  return acceptsOrders ? "takes orders" : "busy";
}

export function freeOf({ free }: NodeEntry): string {
  return resourcesText(unpackResources(free));
}

export function totalOf({ total }: NodeEntry): string {
  return resourcesText(unpackResources(total));
}

/** How what a container has on disk is held to its lease. */
export function diskOf({ offer }: NodeEntry): (typeof diskMethodTexts)["quota"] {
  return diskMethodTexts[diskMethodOf(offer)];
}

export function uptimeOf({ uptimeBps }: NodeEntry): string {
  return uptimeBps === null ? "new" : `${uptimeBps / BPS_PER_PERCENT} %`;
}

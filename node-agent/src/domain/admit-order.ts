import {
  acceptedGpuModels,
  type OpenPart,
  priceCeilingPerSecond,
  type ResourceVector,
} from "@fizz/protocol/manifest";
import { type Machine } from "@fizz/protocol/messages";
import {
  findMachineMisfits,
  findMisplacements,
  findPriceMisfit,
  findShortages,
  type PlacedNode,
  reason,
  type Reason,
  type RefusalCode,
  textOfReasons,
} from "@fizz/protocol/scores";
import { type Rate } from "@fizz/protocol/units";
import { type Address } from "viem";

/** What the node is and has at this moment. */
export interface NodeOffer extends PlacedNode {
  readonly machine: Machine;
  readonly token: Address;
  readonly tokenDecimals: number;
  readonly free: ResourceVector;
  readonly leases: number;
  readonly maxLeases: number;
  /** Why no orders are taken now, whatever they are; empty when they are. */
  readonly closed: readonly Reason[];
}

export interface OrderToAdmit {
  readonly openPart: OpenPart;
  readonly token: Address;
  readonly wanted: ResourceVector;
  /** What the node asks. */
  readonly ratePerSecond: Rate;
  /** A quote for the update of a lease that runs already. */
  readonly isUpdate: boolean;
}

export interface Refused {
  readonly code: "NODE_FULL" | "NODE_REFUSED";
  /** Code of the first reason. */
  readonly reason: RefusalCode;
  /** All reasons, for people. */
  readonly message: string;
  readonly reasons: readonly Reason[];
}

/** What another time may be otherwise without a change of the order. */
const PASSING = new Set<RefusalCode>([
  "capacity.cpu",
  "capacity.memory",
  "capacity.storage",
  "capacity.gpu",
  "node.leases",
  "node.disk",
]);

/** Whether the node takes an order; every reason when it does not. */
export function refusalOf(order: OrderToAdmit, offer: NodeOffer): Refused | undefined {
  const { openPart, wanted, isUpdate } = order;
  const { free, machine, closed } = offer;
  const reasons = [
    ...closed,
    ...findMisplacements(openPart, offer),
    ...tokenRule(order, offer),
    ...findMachineMisfits(openPart, machine, free.gpuModel),
    ...findPriceMisfit(
      order.ratePerSecond,
      priceCeilingPerSecond(openPart, offer.tokenDecimals),
      offer.tokenDecimals,
    ),
    ...(isUpdate ? [] : leasesRule(offer)),
    ...findShortages(wanted, free, acceptedGpuModels(openPart)),
  ];
  return reasons.length === 0 ? undefined : refusedWith(reasons);
}

/** @param reasons One at least. */
export function refusedWith(reasons: readonly Reason[]): Refused {
  const isFull = reasons.every(({ code }) => PASSING.has(code));
  const message = textOfReasons(reasons);
  const first = reasons[0]?.code ?? "node.paused";
  return { code: isFull ? "NODE_FULL" : "NODE_REFUSED", reason: first, message, reasons };
}

function tokenRule({ token }: OrderToAdmit, offer: NodeOffer): Reason[] {
  if (token === offer.token) return [];
  const compared = { needs: token, has: offer.token, unit: "token" };
  return [reason("price.token", `pays in ${token}, the node takes ${offer.token}`, compared)];
}

function leasesRule({ leases, maxLeases }: NodeOffer): Reason[] {
  if (leases < maxLeases) return [];
  const message = `serves ${leases} leases, its limit is ${maxLeases}`;
  return [reason("node.leases", message, { needs: leases + 1, has: maxLeases, unit: "lease" })];
}

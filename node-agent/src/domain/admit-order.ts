import {
  acceptedGpuModels,
  type OpenPart,
  priceCeilingPerSecond,
  type ResourceVector,
} from "@fizz/protocol/manifest";
import { type RefusalCode } from "@fizz/protocol/scores";
import { formatAmount, type Rate, ratePerHour } from "@fizz/protocol/units";
import { type Address } from "viem";
import { shortagesOf } from "./resources.ts";

/** What the node is and has at this moment. */
export interface NodeOffer {
  readonly nodeId: bigint;
  readonly operator: Address;
  readonly owner: Address;
  readonly mode: "fizz" | "provider";
  readonly region: string;
  readonly cpuModel: string;
  readonly architecture: string;
  readonly bandwidthMbps: number;
  readonly token: Address;
  readonly tokenDecimals: number;
  readonly free: ResourceVector;
  readonly leases: number;
  readonly maxLeases: number;
  /** Why no orders are taken now; undefined when they are. */
  readonly closedBecause: string | undefined;
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
  readonly reason: RefusalCode;
  readonly message: string;
}

type Verdict = readonly [reason: RefusalCode, message: string] | undefined;
type Rule = (order: OrderToAdmit, offer: NodeOffer) => Verdict;

const rules: readonly Rule[] = [
  (_order, { closedBecause }) => (closedBecause === undefined ? undefined : ["node.inactive", closedBecause]),
  ({ openPart }, { mode }) =>
    openPart.mode === mode
      ? undefined
      : ["placement.mode", `This is a ${mode} node; the order is for ${openPart.mode} mode.`],
  ({ token }, offer) =>
    token === offer.token
      ? undefined
      : ["price.token", `This node is paid in the token ${offer.token}, not ${token}.`],
  regionRule,
  wishRule,
  cpuModelRule,
  bandwidthRule,
  architectureRule,
  gpuRule,
  priceRule,
];

/** Whether the node takes an order; the reason when it does not. */
export function refusalOf(order: OrderToAdmit, offer: NodeOffer): Refused | undefined {
  for (const rule of rules) {
    const verdict = rule(order, offer);
    if (verdict !== undefined) return { code: "NODE_REFUSED", reason: verdict[0], message: verdict[1] };
  }
  if (!order.isUpdate && offer.leases >= offer.maxLeases) {
    const message = `The node runs ${offer.leases} leases, its limit.`;
    return { code: "NODE_FULL", reason: "node.leases", message };
  }
  const [first, ...more] = shortagesOf(order.wanted, offer.free);
  if (first === undefined) return undefined;
  const text = [first, ...more].map(({ message }) => message).join(", ");
  return { code: "NODE_FULL", reason: first.reason, message: `Not enough is free: ${text}.` };
}

function regionRule({ openPart: { placement } }: OrderToAdmit, { region }: NodeOffer): Verdict {
  const isWrong =
    (placement.regions.length > 0 && !placement.regions.includes(region)) ||
    placement.excludedRegions.includes(region);
  return isWrong ? ["placement.region", `The order does not want the region "${region}".`] : undefined;
}

/** In Fizz mode the provider attributes choose the gateway, not the node. */
function wishRule({ openPart: { placement, mode } }: OrderToAdmit, offer: NodeOffer): Verdict {
  const names = [offer.nodeId.toString(), offer.operator.toLowerCase(), offer.owner.toLowerCase()];
  const isNamed = (list: readonly string[]): boolean => list.some((id) => names.includes(id.toLowerCase()));
  const [desired, excluded] =
    mode === "fizz"
      ? [placement.desiredFizz, placement.excludedFizz]
      : [placement.desiredProviders, placement.excludedProviders];
  if (desired.length > 0 && !isNamed(desired)) return ["placement.node", "The order wants other nodes."];
  return isNamed(excluded) ? ["placement.node", "The order excludes this node."] : undefined;
}

function cpuModelRule({ openPart: { placement } }: OrderToAdmit, { cpuModel }: NodeOffer): Verdict {
  const { cpuModels } = placement;
  const model = cpuModel.toLowerCase();
  const isWanted = (wish: string): boolean => wish === "any" || model.includes(wish.toLowerCase());
  if (cpuModels.length === 0 || cpuModels.some(isWanted)) return undefined;
  return ["placement.cpu_model", `The order does not want the CPU "${cpuModel}".`];
}

function bandwidthRule({ openPart: { placement } }: OrderToAdmit, { bandwidthMbps }: NodeOffer): Verdict {
  if (placement.minBandwidthMbps <= bandwidthMbps) return undefined;
  const message = `The order wants ${placement.minBandwidthMbps} Mbit/s; the owner states ${bandwidthMbps}.`;
  return ["placement.bandwidth", message];
}

function architectureRule({ openPart: { services } }: OrderToAdmit, { architecture }: NodeOffer): Verdict {
  const needsArm = services.some(({ resources }) => resources.arm64Models !== null);
  return needsArm && architecture !== "arm64"
    ? ["placement.architecture", "The order wants an arm64 machine."]
    : undefined;
}

function gpuRule({ openPart, wanted }: OrderToAdmit, { free }: NodeOffer): Verdict {
  const accepted = acceptedGpuModels(openPart);
  if (wanted.gpuUnits === 0 || accepted === undefined || accepted.includes(free.gpuModel)) return undefined;
  return ["capacity.gpu_model", "The order wants another GPU model."];
}

/** All services together must not cost more than the tenant's limits. */
function priceRule({ openPart, ratePerSecond }: OrderToAdmit, offer: NodeOffer): Verdict {
  const ceiling = priceCeilingPerSecond(openPart, offer.tokenDecimals);
  if (ratePerSecond <= ceiling) return undefined;
  const [price = "", most = ""] = [ratePerSecond, ceiling].map((value) =>
    formatAmount(ratePerHour(value), offer.tokenDecimals),
  );
  return ["price.above_ceiling", `An hour costs ${price}; the order pays at most ${most}.`];
}

import { type OpenPart } from "../manifest/open-part.ts";
import { type Machine } from "../messages/hello.ts";
import { findCpuClass } from "../tiers/index.ts";
import { formatAmount, rate, ratePerHour } from "../units/index.ts";
import { findGpuMisfits } from "./find-gpu-misfits.ts";
import { reason, type Reason, showNames } from "./reason.ts";

/** Where a node stands, as an order's placement sees it. */
export interface PlacedNode {
  readonly mode: "fizz" | "provider";
  readonly region: string;
  readonly nodeId: bigint;
  readonly operator: string;
  readonly owner: string;
}

/** A gateway, as the provider attributes of a Fizz order name it. */
export interface NamedGateway {
  readonly subnetId: number;
  readonly operator: string;
}

/** What of an order's placement a node does not meet: mode, region, named and excluded nodes. */
export function findMisplacements({ mode, placement }: OpenPart, node: PlacedNode): Reason[] {
  const reasons: Reason[] = [];
  if (node.mode !== mode) {
    const message = `needs a ${mode} node, is a ${node.mode} node`;
    reasons.push(reason("placement.mode", message, { needs: mode, has: node.mode, unit: "mode" }));
  }
  const { regions, excludedRegions } = placement;
  const region = { has: node.region, unit: "region" };
  if (regions.length > 0 && !regions.includes(node.region)) {
    const message = `needs the region ${showNames(regions)}, is in ${node.region}`;
    reasons.push(reason("placement.region", message, { needs: regions.join(";"), ...region }));
  } else if (excludedRegions.includes(node.region)) {
    const needs = `not ${excludedRegions.join(";")}`;
    reasons.push(
      reason("placement.region", `the order excludes the region ${node.region}`, { needs, ...region }),
    );
  }
  const [desired, excluded] =
    mode === "fizz"
      ? [placement.desiredFizz, placement.excludedFizz]
      : [placement.desiredProviders, placement.excludedProviders];
  const names = [node.nodeId.toString(), node.operator, node.owner];
  return [...reasons, ...named({ code: "placement.node", what: "node", names, desired, excluded })];
}

/** In Fizz mode the provider attributes of an order choose the gateway. */
export function findGatewayMisfit({ mode, placement }: OpenPart, gateway: NamedGateway): Reason[] {
  if (mode !== "fizz") return [];
  const names = [gateway.subnetId.toString(), gateway.operator];
  const { desiredProviders: desired, excludedProviders: excluded } = placement;
  return named({ code: "placement.gateway", what: "gateway", names, desired, excluded });
}

/** @param tier Trust tier of the node, 1 (best) to 7. */
export function findTierMisfit({ tiers }: OpenPart, tier: number): Reason[] {
  if (tiers.length === 0 || tiers.includes(tier)) return [];
  const message = `needs the trust tier ${showNames(tiers)}, has ${tier}`;
  return [reason("placement.tier", message, { needs: tiers.join(";"), has: tier, unit: "trust tier" })];
}

/**
 * What an order asks of the machine and it does not have: CPU model, architecture, bandwidth, memory and form of the GPU.
 *
 * @param gpuModel Index of the node's GPU model; 0 for none.
 */
export function findMachineMisfits(openPart: OpenPart, machine: Machine, gpuModel: number): Reason[] {
  return [
    ...cpuMisfits(openPart, machine),
    ...bandwidthMisfit(openPart, machine),
    ...openPart.services.flatMap((service) => findGpuMisfits(service, machine, gpuModel)),
  ];
}

/**
 * @param ratePerSecond What the node asks, token units × 1e12 per second.
 * @param ceilingPerSecond Most that the order pays, in the same unit.
 * @param decimals Of the order's token.
 */
export function findPriceMisfit(ratePerSecond: bigint, ceilingPerSecond: bigint, decimals: number): Reason[] {
  if (ratePerSecond <= ceilingPerSecond) return [];
  const [asked = "", paid = ""] = [ratePerSecond, ceilingPerSecond].map((value) =>
    formatAmount(ratePerHour(rate(value)), decimals),
  );
  const message = `asks ${asked} an hour, the order pays ${paid}`;
  return [
    reason("price.above_ceiling", message, { needs: ceilingPerSecond, has: ratePerSecond, unit: "rate" }),
  ];
}

interface Naming {
  readonly code: "placement.node" | "placement.gateway";
  readonly what: string;
  readonly names: readonly string[];
  readonly desired: readonly string[];
  readonly excluded: readonly string[];
}

function named({ code, what, names, desired, excluded }: Naming): Reason[] {
  const own = names.map((name) => name.toLowerCase());
  const isNamed = (list: readonly string[]): boolean => list.some((id) => own.includes(id.toLowerCase()));
  const compared = { has: own.join(";"), unit: what };
  if (isNamed(excluded))
    return [
      reason(code, `the order excludes this ${what}`, { needs: `not ${excluded.join(";")}`, ...compared }),
    ];
  if (desired.length === 0 || isNamed(desired)) return [];
  const message = `needs the ${what} ${showNames(desired)}, this is ${own[0] ?? ""}`;
  return [reason(code, message, { needs: desired.join(";"), ...compared })];
}

function cpuMisfits({ placement: { cpuModels }, services }: OpenPart, machine: Machine): Reason[] {
  const reasons: Reason[] = [];
  const { cpuModel, architecture } = machine;
  const isWanted = (wish: string): boolean =>
    wish === "any" || cpuModel.toLowerCase().includes(wish.toLowerCase());
  const cpu = { has: cpuModel, unit: "CPU model" };
  if (cpuModels.length > 0 && !cpuModels.some(isWanted)) {
    const message = `needs the CPU ${showNames(cpuModels)}, has ${cpuModel}`;
    reasons.push(reason("placement.cpu_model", message, { needs: cpuModels.join(";"), ...cpu }));
  }
  const chips = services.flatMap(({ resources }) => resources.arm64Models ?? []);
  const needsArm = services.some(({ resources }) => resources.arm64Models !== null);
  if (needsArm && architecture !== "arm64") {
    const compared = { needs: "arm64", has: architecture, unit: "architecture" };
    reasons.push(reason("placement.architecture", `needs arm64, is ${architecture}`, compared));
  }
  const own = findCpuClass(cpuModel)?.id;
  const suitsAll = services.every(({ resources: { arm64Models } }) => {
    const ids = (arm64Models ?? []).map((chip) => findCpuClass(chip)?.id);
    return ids.length === 0 || (own !== undefined && ids.includes(own));
  });
  if (!suitsAll) {
    const message = `needs the chip ${showNames([...new Set(chips)])}, has ${cpuModel}`;
    reasons.push(reason("placement.cpu_model", message, { needs: [...new Set(chips)].join(";"), ...cpu }));
  }
  return reasons;
}

function bandwidthMisfit({ placement }: OpenPart, { bandwidthMbps: has }: Machine): Reason[] {
  const needs = placement.minBandwidthMbps;
  if (needs <= has) return [];
  const message = `needs ${needs} Mbit/s, the owner states ${has}`;
  return [reason("placement.bandwidth", message, { needs, has, unit: "Mbit/s" })];
}

import { basePoints, findCpuClass, findGpuModel, findPerformanceTier, trustTiers } from "../tiers/index.ts";
import { ERA_SECONDS } from "./constants.ts";

/** Resources of which a node may deliver less than it claims. */
export interface Shortfalls {
  /** Missing part in 1/10000: 5,000 is half. */
  readonly cpuBps: number;
  readonly memoryBps: number;
  readonly diskBps: number;
  readonly gpuBps: number;
}

/** What one node did in one era, as its gateway publishes it. */
export interface NodeEra {
  readonly nodeId: bigint;
  readonly era: number;
  readonly mode: "fizz" | "provider";
  /** 1 to 7 for a provider; 0 for a Fizz node, which has none. */
  readonly trustTier: number;
  /** CPU class of `protocol/tiers`, such as `gp` or `m3-pro`. */
  readonly cpuClass: string;
  readonly cpuThreads: number;
  /** Short name of the GPU model; empty for none. */
  readonly gpuModel: string;
  readonly gpuUnits: number;
  /** Seconds of the era in which the node was up. */
  readonly uptimeSeconds: number;
  readonly shortfalls: Shortfalls;
  /** Whether its capacity passed the era's rounds. Without it there is no liveness reward. */
  readonly passedRound: boolean;
  /** Point-seconds of its leases that were settled, from LeaseMarket.earningsOf. */
  readonly leasedPointSeconds: bigint;
}

/** Percent that each resource weighs in the delivery. */
const weights = {
  withGpu: { cpuBps: 20n, memoryBps: 10n, diskBps: 10n, gpuBps: 60n },
  withoutGpu: { cpuBps: 50n, memoryBps: 25n, diskBps: 25n, gpuBps: 0n },
} as const;

/** Part of what was claimed that was delivered, in millionths; exact. */
export function deliveryPpm(shortfalls: Shortfalls, hasGpu: boolean): bigint {
  const weight = hasGpu ? weights.withGpu : weights.withoutGpu;
  // 1/10000 × percent is a millionth.
  return (
    1_000_000n -
    BigInt(shortfalls.cpuBps) * weight.cpuBps -
    BigInt(shortfalls.memoryBps) * weight.memoryBps -
    BigInt(shortfalls.diskBps) * weight.diskBps -
    BigInt(shortfalls.gpuBps) * weight.gpuBps
  );
}

/** Points of a full era in hundredths, before uptime and delivery. Models and classes that earn nothing count 0. */
export function baseCentipoints(node: NodeEra): bigint {
  const base = basePoints[node.mode];
  // A percentage of hundredths: the division by 100 is exact for every base but the provider's CPU.
  const gpu = BigInt(node.gpuUnits) * gpuPercent(node) * BigInt(base.gpu);
  const cpu = BigInt(node.cpuThreads) * cpuPercent(node) * BigInt(base.cpuThread);
  return ((gpu + cpu) * trustPercent(node)) / 10_000n;
}

/**
 * Reward points of a node for one era, in hundredths, rounded down: base × uptime gate × delivery.
 *
 * @example An rtx4090 that misses 10 % CPU, 5 % memory and 20 % GPU has 42_750n: 427.5 points.
 */
export function nodeCentipoints(node: NodeEra): bigint {
  if (!node.passedRound || !wasUp(node)) return 0n;
  return (baseCentipoints(node) * deliveryPpm(node.shortfalls, node.gpuUnits > 0)) / 1_000_000n;
}

/** A Fizz node is up from half of the era on, a provider above the slashing line of its trust tier. */
function wasUp(node: NodeEra): boolean {
  const neededPercent = node.mode === "fizz" ? 50 : (trustTierOf(node)?.slashBelow ?? 100);
  return node.uptimeSeconds * 100 >= ERA_SECONDS * neededPercent;
}

function gpuPercent(node: NodeEra): bigint {
  const model = findGpuModel(node.gpuModel);
  const tier = node.mode === "fizz" ? model?.fizzTier : model?.providerTier;
  return BigInt(findPerformanceTier(tier ?? "")?.multiplierPercent ?? 0);
}

function cpuPercent(node: NodeEra): bigint {
  const known = findCpuClass(node.cpuClass);
  if (known === undefined) return 0n;
  return node.mode === "fizz" ? BigInt(known.multiplierPercent) : 100n;
}

function trustPercent(node: NodeEra): bigint {
  return node.mode === "fizz" ? 100n : BigInt(trustTierOf(node)?.rewardPercent ?? 0);
}

function trustTierOf(node: NodeEra): (typeof trustTiers)[number] | undefined {
  return trustTiers.find(({ tier }) => tier === node.trustTier);
}

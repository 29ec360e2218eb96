import { concat, type Hex, keccak256 } from "viem";
import { type ResourceVector } from "../manifest/resources.ts";
import { performanceTiers } from "../tiers/index.ts";

/** Most points of each part; together 1000. Published: anyone can recompute a ranking. */
export const scoreWeights = { price: 400, uptime: 200, fit: 200, latency: 100, tier: 100 } as const;

/** Round trip at which the latency part is empty, in milliseconds. */
export const LATENCY_LIMIT_MS = 500;
const FULL_UPTIME_BPS = 10_000;
const TOP_TIER = performanceTiers.length;

export interface QuoteScoreInput {
  /** Token units × 1e12 per second. */
  readonly ratePerSecond: bigint;
  /** Most that the order pays, in the same unit. */
  readonly ceilingPerSecond: bigint;
  readonly wanted: ResourceVector;
  /** Free on the node before this order. */
  readonly free: ResourceVector;
  /** Registered by the node. */
  readonly total: ResourceVector;
  /** Measured uptime in 1/10000; null without a history. */
  readonly uptimeBps: number | null;
  /** Round trip to the gateway in whole milliseconds; null before the first measurement. */
  readonly latencyMs: number | null;
  /** Index of the performance tier that the order uses: of the GPU when it wants one, else of the CPU; 0 for none. */
  readonly tier: number;
}

export interface ScorePart {
  readonly name: keyof typeof scoreWeights;
  readonly points: number;
  readonly max: number;
  readonly why: string;
}

export interface QuoteScore {
  /** Sum of the points, 0 to 1000. */
  readonly score: number;
  readonly parts: readonly ScorePart[];
}

/** Points of a quote, in whole numbers only: the same on every machine. */
export function scoreQuote(input: QuoteScoreInput): QuoteScore {
  const parts = [
    scorePrice(input),
    scoreUptime(input),
    scoreFit(input),
    scoreLatency(input),
    scoreTier(input),
  ];
  return { score: parts.reduce((sum, part) => sum + part.points, 0), parts };
}

/** Decides between equal scores: nobody can choose it, and the same two quotes always come out the same way. */
export function tieBreakOf(openPartHash: Hex, quoteHash: Hex): Hex {
  return keccak256(concat([openPartHash, quoteHash]));
}

export interface Ranked {
  readonly score: number;
  /** Of `tieBreakOf`. */
  readonly tieBreak: Hex;
}

/** Order of quotes, best first: for `toSorted`. */
export function compareRanked(left: Ranked, right: Ranked): number {
  if (left.score !== right.score) return right.score - left.score;
  const [leftKey, rightKey] = [left.tieBreak.toLowerCase(), right.tieBreak.toLowerCase()];
  if (leftKey === rightKey) return 0;
  return leftKey < rightKey ? -1 : 1;
}

function scorePrice({ ratePerSecond, ceilingPerSecond }: QuoteScoreInput): ScorePart {
  if (ceilingPerSecond <= 0n || ratePerSecond > ceilingPerSecond)
    return partOf("price", 0n, "The price is above the ceiling of the order.");
  const saved = ceilingPerSecond - (ratePerSecond > 0n ? ratePerSecond : 0n);
  const percent = Number((saved * 100n) / ceilingPerSecond);
  return partOf(
    "price",
    (saved * BigInt(scoreWeights.price)) / ceilingPerSecond,
    `${percent} % below the ceiling.`,
  );
}

function scoreUptime({ uptimeBps }: QuoteScoreInput): ScorePart {
  if (uptimeBps === null)
    return partOf("uptime", BigInt(scoreWeights.uptime) / 2n, "No uptime is measured yet: half.");
  const bps = whole(uptimeBps, { max: FULL_UPTIME_BPS, worst: 0 });
  const percent = `${Math.floor(bps / 100)}.${String(bps % 100).padStart(2, "0")}`;
  return partOf(
    "uptime",
    (BigInt(bps) * BigInt(scoreWeights.uptime)) / BigInt(FULL_UPTIME_BPS),
    `Uptime ${percent} %.`,
  );
}

/** What is left of the scarcest resource afterwards. A node with a GPU is kept for orders that use it. */
function scoreFit({ wanted, free, total }: QuoteScoreInput): ScorePart {
  const rows = [
    { name: "CPU", wanted: wanted.milliCpu, free: free.milliCpu, total: total.milliCpu },
    { name: "memory", wanted: wanted.memoryMiB, free: free.memoryMiB, total: total.memoryMiB },
    { name: "storage", wanted: wanted.storageGiB, free: free.storageGiB, total: total.storageGiB },
  ];
  let scarcest = { name: "CPU", points: BigInt(scoreWeights.fit) };
  for (const row of rows) {
    const left = Math.max(0, row.free - row.wanted);
    const points =
      row.total > 0 ? (BigInt(Math.min(left, row.total)) * BigInt(scoreWeights.fit)) / BigInt(row.total) : 0n;
    if (points < scarcest.points) scarcest = { name: row.name, points };
  }
  if (wanted.gpuUnits === 0 && total.gpuUnits > 0)
    return partOf(
      "fit",
      scarcest.points / 2n,
      "The order does not use the node's GPU: half of what is left.",
    );
  const percent = Number((scarcest.points * 100n) / BigInt(scoreWeights.fit));
  return partOf("fit", scarcest.points, `${percent} % of the ${scarcest.name} is left afterwards.`);
}

function scoreLatency({ latencyMs }: QuoteScoreInput): ScorePart {
  if (latencyMs === null)
    return partOf("latency", BigInt(scoreWeights.latency) / 2n, "No round trip is measured yet: half.");
  const late = whole(latencyMs, { max: LATENCY_LIMIT_MS, worst: LATENCY_LIMIT_MS });
  const points = (BigInt(LATENCY_LIMIT_MS - late) * BigInt(scoreWeights.latency)) / BigInt(LATENCY_LIMIT_MS);
  return partOf("latency", points, `Round trip ${late} ms.`);
}

function scoreTier({ tier }: QuoteScoreInput): ScorePart {
  const index = whole(tier, { max: TOP_TIER, worst: 0 });
  const name = performanceTiers[index - 1]?.name ?? "none";
  return partOf(
    "tier",
    (BigInt(index) * BigInt(scoreWeights.tier)) / BigInt(TOP_TIER),
    `Performance tier: ${name}.`,
  );
}

/** A whole number within bounds; what is not a number counts as `worst`. */
function whole(value: number, bounds: { readonly max: number; readonly worst: number }): number {
  return Number.isNaN(value) ? bounds.worst : Math.min(bounds.max, Math.max(0, Math.round(value)));
}

function partOf(name: ScorePart["name"], points: bigint, why: string): ScorePart {
  const max = scoreWeights[name];
  const value = Number(points);
  return { name, points: Math.min(max, Math.max(0, value)), max, why };
}

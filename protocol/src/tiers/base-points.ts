/** Reward points of one unit in one era of 24 hours, before multipliers, in hundredths of a point. */
export const basePoints = {
  fizz: { gpu: 50_000, cpuThread: 2_500 },
  provider: { gpu: 2_000, cpuThread: 10 },
} as const;

/** Bandwidth labels: a node has the last one whose `minMbps` its measured sum of down and up reaches. */
export const bandwidthClasses = [
  { label: "10mbps", minMbps: 0 },
  { label: "50mbps", minMbps: 50 },
  { label: "100mbps", minMbps: 100 },
  { label: "200mbps", minMbps: 200 },
  { label: "300mbps", minMbps: 300 },
  { label: "400mbps", minMbps: 400 },
  { label: "500mbps", minMbps: 500 },
  { label: "1gbps", minMbps: 1_000 },
  { label: "5gbps", minMbps: 5_000 },
  { label: "10gbps", minMbps: 10_000 },
] as const;

/** Label of a measured bandwidth, sum of both directions in Mbit/s; `NA` when it is not a number. */
export function bandwidthLabel(mbps: number): string {
  return bandwidthClasses.findLast((entry) => mbps >= entry.minMbps)?.label ?? "NA";
}

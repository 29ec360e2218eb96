import { z } from "zod";
import { ProtocolError } from "../errors/index.ts";
import { uintSchema } from "../messages/primitives.ts";
import { type Amount, amount } from "../units/index.ts";
import { ERA_SECONDS, MAX_REPORT_ROWS } from "./constants.ts";
import { type NodeEra } from "./node-points.ts";
import { type RewardEntry } from "./reward-tree.ts";

const int = (max: number) => z.number().int().min(0).max(max);
const wei = uintSchema(96).transform((value): Amount => amount(value));
const bps = int(10_000);

const nodeEraSchema = z.strictObject({
  nodeId: uintSchema(64),
  era: int(2 ** 24 - 1),
  mode: z.enum(["fizz", "provider"]),
  trustTier: int(7),
  cpuClass: z.string().max(32),
  cpuThreads: int(65_535),
  gpuModel: z.string().max(64),
  gpuUnits: int(65_535),
  uptimeSeconds: int(ERA_SECONDS),
  shortfalls: z.strictObject({ cpuBps: bps, memoryBps: bps, diskBps: bps, gpuBps: bps }),
  passedRound: z.boolean(),
  leasedPointSeconds: uintSchema(128),
});

const eraDataSchema = z.strictObject({
  subnetId: int(2 ** 32 - 1),
  /** Last era that the report covers. */
  era: int(2 ** 24 - 1),
  /** Last era of the report before; rows are of later eras. */
  previousEra: int(2 ** 24 - 1),
  utilisationBudget: wei,
  /** The protocol's and the subnet's own liveness budgets together. */
  livenessBudget: wei,
  /** Cumulative amounts of the report before. */
  previous: z.array(z.strictObject({ nodeId: uintSchema(64), cumulative: wei })).max(MAX_REPORT_ROWS),
  nodes: z.array(nodeEraSchema).max(MAX_REPORT_ROWS),
});

/** What a gateway publishes beside a root: everything from which it can be recomputed. Big numbers are strings. */
export interface EraData {
  readonly subnetId: number;
  readonly era: number;
  readonly previousEra: number;
  readonly utilisationBudget: Amount;
  readonly livenessBudget: Amount;
  readonly previous: readonly RewardEntry[];
  readonly nodes: readonly NodeEra[];
}

/**
 * Reads published data.
 *
 * @throws ProtocolError INPUT_INVALID when it does not fit, has two rows of a node for one era, or rows of other eras.
 */
export function parseEraData(value: unknown): EraData {
  const result = eraDataSchema.safeParse(value);
  if (!result.success) throw new ProtocolError("INPUT_INVALID", z.prettifyError(result.error));
  requireRows(result.data);
  return result.data;
}

function requireRows(data: EraData): void {
  const seen = new Set<string>();
  for (const { nodeId, era } of data.nodes) {
    const key = `${nodeId}/${era}`;
    if (seen.has(key))
      throw new ProtocolError("INPUT_INVALID", `Node ${nodeId} has two rows for era ${era}.`);
    if (era <= data.previousEra || era > data.era)
      throw new ProtocolError(
        "INPUT_INVALID",
        `The row of node ${nodeId} is of era ${era}, not of this report.`,
      );
    seen.add(key);
  }
}

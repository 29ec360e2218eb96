import { unpackResources } from "@fizz/protocol/manifest";
import { type Config } from "../config.ts";
import {
  cpuTierOf,
  type MachineFacts,
  type Measurement,
  overclaimsOf,
  overclaimText,
  scoreOf,
  staleness,
} from "../domain/measurement.ts";
import { type CapacityMeter } from "../meter-ports.ts";
import { type NodeRecord } from "../ports.ts";
import { claimedResources } from "../share-of-machine.ts";
import { findMeasurement } from "../store/kept-measurement.ts";
import { isHeldToMachine } from "./claim-capacity.ts";
import { ageText, sizesText, tierDifferences, tierName } from "./print-capacity.ts";
import { type Verdict } from "./verdict.ts";

const FACTS_TIMEOUT_MS = 25_000;
const AGAIN = "run: npm run node -- benchmark";

/** Looks whether the machine was measured, and has what its owner claims. @param now Unix milliseconds. */
export async function checkCapacity(config: Config, meter: CapacityMeter, now: number): Promise<Verdict[]> {
  const facts = await meter.facts(AbortSignal.timeout(FACTS_TIMEOUT_MS));
  const measured = findMeasurement(config.FIZZ_NODE_DATA_DIR);
  const above = overclaimsOf(claimedResources(config), facts);
  return [
    ageVerdict(measured, facts, now),
    ...(above.length === 0
      ? []
      : [[gravity(config), `More is claimed than this machine has: ${overclaimText(above)}`] as const]),
  ];
}

function ageVerdict(measured: Measurement | undefined, facts: MachineFacts, now: number): Verdict {
  if (measured === undefined) return ["warn", `This machine was never measured; ${AGAIN}`];
  const stale = staleness(measured, facts, now);
  if (stale !== undefined) return ["warn", `The measurement does not hold any more: ${stale}; ${AGAIN}`];
  const tier = tierName(cpuTierOf(measured)?.index ?? 0);
  const text = `Measured ${ageText(measured.at, now)}: ${sizesText(measured)}, CPU ${scoreOf(measured)} %: ${tier}`;
  return ["ok", text];
}

/** Holds what the chain has of the node against the machine. */
export async function checkRegistered(
  config: Config,
  meter: CapacityMeter,
  node: NodeRecord,
): Promise<Verdict[]> {
  const facts = await meter.facts(AbortSignal.timeout(FACTS_TIMEOUT_MS));
  const above = overclaimsOf(unpackResources(node.resources), facts);
  const differences = tierDifferences(node, findMeasurement(config.FIZZ_NODE_DATA_DIR));
  return [
    ...(above.length === 0
      ? []
      : [[gravity(config), `More is registered than this machine has: ${overclaimText(above)}`] as const]),
    ...differences.map((difference) => ["warn", difference] as const),
  ];
}

/** Of a swarm, this machine is a part. */
function gravity(config: Config): "warn" | "fail" {
  return isHeldToMachine(config) ? "fail" : "warn";
}

import { ProtocolError } from "@fizz/protocol/errors";
import { type ResourceVector } from "@fizz/protocol/manifest";
import { gpuTierOf } from "@fizz/protocol/tiers";
import { type Config } from "../config.ts";
import { cpuTierOf, overclaimsOf, overclaimText, scoreOf } from "../domain/measurement.ts";
import { type CapacityMeter } from "../meter-ports.ts";
import { type CommandContext } from "./context.ts";
import { freshMeasurement, type Keeping, meterOf } from "./measure.ts";

/** What is to be registered of a machine, held against the machine. */
export interface CapacityClaim {
  readonly resources: ResourceVector;
  /** @throws ProtocolError CAPACITY_OVERCLAIMED, CAPACITY_UNMEASURED */
  readonly permit: () => Promise<void>;
  /** Measures the machine when that was not done lately. @throws ProtocolError as `measureMachine` */
  readonly tiers: () => Promise<{ readonly cpuTier: number; readonly gpuTier: number }>;
}

/** Whether a claim above what this machine has is refused: it is measured, and stands for all that is claimed. */
export function isHeldToMachine(config: Config): boolean {
  return config.FIZZ_NODE_BENCHMARK_SECONDS > 0 && config.FIZZ_NODE_ENGINE === "docker";
}

/** @param parts `keeping`: where a new measurement is kept. */
export function capacityClaim(
  context: CommandContext,
  resources: ResourceVector,
  parts: { readonly keeping: Keeping; readonly meter?: CapacityMeter },
): CapacityClaim {
  const { config, log, signal } = context;
  const { keeping, meter = meterOf(config) } = parts;
  return {
    resources,
    permit: async () => {
      const above = overclaimsOf(resources, await meter.facts(signal));
      if (above.length === 0) return;
      const message = `More is claimed than this machine has: ${overclaimText(above)}. Set FIZZ_NODE_RESOURCES to less.`;
      if (isHeldToMachine(config)) throw new ProtocolError("CAPACITY_OVERCLAIMED", message);
      log.warn({ event: "node.overclaims", above }, message);
    },
    tiers: async () => {
      const measured = await freshMeasurement(context, keeping, meter);
      const cpuTier = measured === undefined ? undefined : cpuTierOf(measured);
      const gpuTier = gpuTierOf(resources.gpuModel, config.FIZZ_NODE_MODE);
      const score = measured === undefined ? null : scoreOf(measured);
      const fields = { event: "node.rated", score, cpuTier: cpuTier?.id, gpuTier: gpuTier?.id };
      log.info(fields, "These tiers are registered; they stay for good.");
      return { cpuTier: cpuTier?.index ?? 0, gpuTier: gpuTier?.index ?? 0 };
    },
  };
}

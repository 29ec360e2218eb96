import { ProtocolError } from "@fizz/protocol/errors";
import { MachineMeter } from "../capacity/machine-meter.ts";
import { type Config } from "../config.ts";
import { type Measurement, staleness } from "../domain/measurement.ts";
import { NvidiaSmi } from "../gpu/nvidia-smi.ts";
import { type CapacityMeter } from "../meter-ports.ts";
import { lockDataDir } from "../store/data-lock.ts";
import { findMeasurement, keepMeasurement } from "../store/kept-measurement.ts";
import { StateDatabase } from "../store/state-database.ts";
import { systemClock } from "../system-clock.ts";
import { VERSION } from "../version.ts";
import { type CommandContext, type Identity } from "./context.ts";

/** Whose state keeps a measurement, and the state itself where it is open already. */
export type Keeping = Identity & { readonly database?: StateDatabase };

/** This machine, for commands. */
export function meterOf(config: Config): CapacityMeter {
  return new MachineMeter(
    { gpus: new NvidiaSmi(), clock: systemClock },
    {
      dataDir: config.FIZZ_NODE_DATA_DIR,
      agentVersion: VERSION,
      seconds: config.FIZZ_NODE_BENCHMARK_SECONDS,
    },
  );
}

/**
 * Measures this machine and keeps what comes out.
 *
 * @throws ProtocolError CAPACITY_UNMEASURED, CONFIG_INVALID when measuring is switched off, REQUIREMENT_MISSING when an
 * agent runs on the data directory, STORE_FAILED, STORE_UNUSABLE
 */
export async function measureMachine(
  context: CommandContext,
  keeping: Keeping,
  meter: CapacityMeter = meterOf(context.config),
): Promise<Measurement> {
  const { config, signal } = context;
  if (config.FIZZ_NODE_BENCHMARK_SECONDS === 0)
    throw new ProtocolError("CONFIG_INVALID", "FIZZ_NODE_BENCHMARK_SECONDS=0: nothing is measured.");
  return await withState(context, keeping, async (database) => {
    const measured = await meter.measure(signal);
    await keepMeasurement(database, measured);
    return measured;
  });
}

/** What was measured lately on the machine as it is now, or is measured now; undefined where measuring is switched off. */
export async function freshMeasurement(
  context: CommandContext,
  keeping: Keeping,
  meter: CapacityMeter = meterOf(context.config),
): Promise<Measurement | undefined> {
  const { config, signal } = context;
  const known = findMeasurement(config.FIZZ_NODE_DATA_DIR);
  if (known !== undefined && staleness(known, await meter.facts(signal), systemClock.now()) === undefined)
    return known;
  if (config.FIZZ_NODE_BENCHMARK_SECONDS === 0) return undefined;
  return await measureMachine(context, keeping, meter);
}

/** While leases run, an agent has the state: then nothing is measured, which would disturb them, and be disturbed. */
async function withState<Result>(
  { config, log }: CommandContext,
  keeping: Keeping,
  work: (database: StateDatabase) => Promise<Result>,
): Promise<Result> {
  if (keeping.database !== undefined) return await work(keeping.database);
  const dataDir = config.FIZZ_NODE_DATA_DIR;
  const unlock = lockDataDir(dataDir);
  try {
    const components = { clock: systemClock, log };
    const database = await StateDatabase.open(components, { dataDir, operatorKey: keeping.key });
    try {
      return await work(database);
    } finally {
      await database.stop();
    }
  } finally {
    unlock();
  }
}

import { ProtocolError } from "@fizz/protocol/errors";
import { type ResourceVector } from "@fizz/protocol/manifest";
import { type Config } from "./config.ts";
import { aboveShare, type MachineShare, type MachineSize, withinShare } from "./domain/machine-share.ts";
import { offeredResources } from "./machine.ts";
import { ownDisk, ownLimits } from "./own-limits.ts";

const GIB = 1_024n ** 3n;

/** What this machine has, by the kernel's word. @param dataDir Its file system is the one that counts. */
function machineSize(dataDir: string): MachineSize {
  const { milliCpu, memoryMiB } = ownLimits();
  return {
    milliCpu,
    memoryMiB,
    storageGiB: Number(ownDisk(dataDir).totalBytes / GIB),
  };
}

/** Undefined where the owner lends all that is registered. */
function shareOf(config: Config): MachineShare | undefined {
  const share = {
    cpu: config.FIZZ_NODE_SHARE_CPU,
    memory: config.FIZZ_NODE_SHARE_MEMORY,
    disk: config.FIZZ_NODE_SHARE_DISK,
    gpu: config.FIZZ_NODE_SHARE_GPU,
  };
  return Object.values(share).every((part) => part === undefined) ? undefined : share;
}

/** What of registered resources may be leased; undefined where all of it may. The machine is measured now. */
export function capOf(config: Config): ((registered: ResourceVector) => ResourceVector) | undefined {
  const share = shareOf(config);
  if (share === undefined) return undefined;
  const machine = machineSize(config.FIZZ_NODE_DATA_DIR);
  return (registered) => withinShare(registered, share, machine);
}

/** Memory that all containers together may take, in bytes: the machine's, within the owner's share. */
export function lentMemoryBytes(config: Config): bigint {
  const machine = machineSize(config.FIZZ_NODE_DATA_DIR);
  const whole = { ...machine, gpuUnits: 0, gpuModel: 0 };
  const { memoryMiB } = capOf(config)?.(whole) ?? whole;
  return BigInt(memoryMiB) * 1_024n ** 2n;
}

/**
 * What is to be registered: what the owner states, or half of the machine within his share.
 *
 * @throws ProtocolError CONFIG_INVALID when he states more than his share, with the figures
 */
export function claimedResources(config: Config): ResourceVector {
  const claim = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  const allowed = capOf(config)?.(claim) ?? claim;
  if (config.FIZZ_NODE_RESOURCES === undefined) return allowed;
  const above = aboveShare(claim, allowed);
  if (above.length === 0) return claim;
  throw new ProtocolError(
    "CONFIG_INVALID",
    `FIZZ_NODE_RESOURCES is above FIZZ_NODE_SHARE_*: ${above.join("; ")}.`,
  );
}

import { unpackResources } from "@fizz/protocol/manifest";
import { cpuScoreOf, gpuModelOf, gpuTierOf, performanceTierOf } from "@fizz/protocol/tiers";
import { cpuTierOf, type Measurement, scoreOf, wasDisturbed } from "../domain/measurement.ts";
import { type NodeRecord } from "../ports.ts";

const MILLI = 1_000;
const MIB_PER_GIB = 1_024;
const MS_PER_DAY = 86_400_000;

/** A tier by its index on the chain, as people read it. */
export function tierName(index: number): string {
  if (index === 0) return "not rated";
  return performanceTierOf(index)?.name ?? `unknown (${index})`;
}

/** Sizes that were measured, as people read them. */
export function sizesText({ cpu, memory, disk }: Measurement): string {
  return `${cpu.milliCpu / MILLI} CPU, ${memory.totalMiB} MiB, ${Math.floor(disk.totalMiB / MIB_PER_GIB)} GiB disk`;
}

/** @param now Unix milliseconds. */
export function ageText(at: number, now: number): string {
  const days = Math.floor(Math.max(0, now - at) / MS_PER_DAY);
  return days === 0 ? "less than a day ago" : `${days} d ago`;
}

/** How the tiers that the chain has differ from those of the machine; empty where they do not. */
export function tierDifferences(node: NodeRecord, measured: Measurement | undefined): string[] {
  const cpu = measured === undefined ? undefined : cpuTierOf(measured)?.index;
  const gpu = gpuTierOf(unpackResources(node.resources).gpuModel, node.mode)?.index ?? 0;
  const rows = [
    { what: "CPU", has: node.cpuTier, found: cpu ?? node.cpuTier },
    { what: "GPU", has: node.gpuTier, found: gpu },
  ];
  return rows
    .filter(({ has, found }) => has !== found)
    .map(
      ({ what, has, found }) =>
        `${what} tier: the chain has ${tierName(has)}, the machine has ${tierName(found)}. It is fixed at registration: ` +
        "for another one, register this machine anew under a new operator key",
    );
}

/** For `status`: what was measured beside what is registered. */
export function capacityLines(
  measured: Measurement | undefined,
  node: NodeRecord | undefined,
  now: number,
): string[] {
  const tiers =
    node === undefined
      ? []
      : [`Tiers      CPU ${tierName(node.cpuTier)}, GPU ${tierName(node.gpuTier)} on the chain`];
  if (measured === undefined) return [...tiers, "Measured   never; run: npm run node -- benchmark"];
  const differences = node === undefined ? [] : tierDifferences(node, measured);
  return [
    ...tiers,
    `Measured   ${sizesText(measured)}; CPU ${ratingText(measured)}; ${ageText(measured.at, now)}`,
    ...differences.map((difference) => `           ${difference}`),
  ];
}

/** For `benchmark`: all figures. @param statedMbps Bandwidth that the owner states. */
export function measurementLines(measured: Measurement, statedMbps: number): string[] {
  const { cpu, memory, disk, gpus, at, agentVersion } = measured;
  const cards = (gpus ?? []).map(({ model, count }) => `${count} × ${gpuModelOf(model)?.model ?? model}`);
  return [
    `CPU        ${cpu.cpuModel}, ${cpu.architecture}: ${cpu.milliCpu / MILLI} CPU, ${cpu.threads} threads worked`,
    `           one alone ${cpuScoreOf(cpu.alone)} % of the reference, each of all at once ${cpuScoreOf(cpu.together)} %`,
    ...(wasDisturbed(measured)
      ? [
          `           they got ${cpu.gotMilliCpu / MILLI} CPU: something else ran meanwhile, or the machine is shared`,
        ]
      : []),
    `Tier       ${ratingText(measured)}`,
    `Memory     ${memory.totalMiB} MiB, of which ${memory.freeMiB} MiB could be taken now`,
    `Disk       ${disk.totalMiB} MiB, ${disk.freeMiB} MiB free`,
    `           ${speedText(disk.speed)}`,
    `GPUs       ${gpus === null ? "no driver answers" : cards.length === 0 ? "none that can be leased" : cards.join(", ")}`,
    `Network    not measured; the owner states ${statedMbps} Mbit/s`,
    `Measured   ${new Date(at).toISOString()} by agent ${agentVersion}`,
  ];
}

function speedText(speed: Measurement["disk"]["speed"]): string {
  if (speed === null) return "too little is free to try how fast it is";
  const { writtenMiB, writeMiBPerSecond, readsPerSecond, isCached } = speed;
  const reads = isCached ? "reads came out of the cache" : `${readsPerSecond} random reads of 4 KiB a second`;
  return `${writeMiBPerSecond} MiB/s written and flushed (${writtenMiB} MiB), ${reads}`;
}

function ratingText(measured: Measurement): string {
  const tier = cpuTierOf(measured);
  const score = `${scoreOf(measured)} % of the reference`;
  return tier === undefined ? `${score}: no class of the tier tables, not rated` : `${score}: ${tier.name}`;
}

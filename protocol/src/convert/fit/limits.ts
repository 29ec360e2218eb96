import { modeTable } from "../../manifest/mode-table.ts";
import { showBytes, showCpu } from "../sizes.ts";
import { type CompleteService } from "./complete-resources.ts";

/** A resource of which all services together take more than Fizz mode has. */
export interface OverLimit {
  readonly name: "cpu" | "memory" | "storage" | "gpu";
  readonly found: string;
  readonly limit: string;
}

/** What is over a limit of Fizz mode. */
export function overLimits(services: readonly CompleteService[]): OverLimit[] {
  const { limits } = modeTable.fizz;
  if (limits === null) return [];
  const total = (read: (service: CompleteService) => bigint): bigint =>
    services.reduce((sum, service) => sum + read(service) * BigInt(service.count), 0n);
  const cpu = total(({ resources }) => BigInt(resources.milliCpu));
  const memory = total(({ resources }) => resources.memoryBytes);
  const storage = total(storageOf);
  const gpu = total(({ resources }) => BigInt(resources.gpu?.units ?? 0));
  const rows = [
    { name: "cpu", sum: cpu, limit: BigInt(limits.milliCpu), show: (sum: bigint) => showCpu(Number(sum)) },
    { name: "memory", sum: memory, limit: limits.memoryBytes, show: showBytes },
    { name: "storage", sum: storage, limit: limits.storageBytes, show: showBytes },
    { name: "gpu", sum: gpu, limit: BigInt(limits.gpuUnits), show: String },
  ] as const;
  return rows
    .filter(({ sum, limit }) => sum > limit)
    .map(({ name, sum, limit, show }) => ({ name, found: show(sum), limit: show(limit) }));
}

function storageOf({ resources, volumes }: CompleteService): bigint {
  return volumes.reduce(
    (sum, volume) => (volume.class === "ram" ? sum : sum + volume.sizeBytes),
    resources.storageBytes,
  );
}

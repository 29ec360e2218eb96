import { MAX_GPU_UNITS, MAX_MILLI_CPU, MAX_SIZE_BYTES, MIN_MEMORY_BYTES } from "../../manifest/limits.ts";
import { type DraftGpu, type DraftResources } from "../draft.ts";
import { readReplicas } from "../replicas.ts";
import { parseComposeBytes } from "../sizes.ts";
import { type Spot } from "../spot.ts";
import { reportOthers } from "./dropped-fields.ts";

/** What one replica takes: limits before reservations. */
export function readResources(service: Spot): DraftResources {
  const resources = service.findIn("deploy", "resources");
  const [limits, reservations] = [resources?.find("limits"), resources?.find("reservations")];
  reportOthers(resources, ["limits", "reservations"], "A manifest has nothing for this field.");
  reportOthers(limits, ["cpus", "memory"], "A manifest limits CPU and memory.");
  reportOthers(reservations, ["cpus", "memory", "devices"], "A manifest reserves CPU, memory and GPUs.");
  const cpu = firstOf(service, [[...LIMITS, "cpus"], ["cpus"], ["cpu_count"], [...RESERVATIONS, "cpus"]]);
  const memory = firstOf(service, [
    [...LIMITS, "memory"],
    ["mem_limit"],
    [...RESERVATIONS, "memory"],
    ["mem_reservation"],
  ]);
  return {
    milliCpu: cpu === undefined ? null : readCpus(cpu),
    memoryBytes: memory === undefined ? null : readMemory(memory),
    storageBytes: null,
    gpu: readGpu(service, reservations?.find("devices")),
  };
}

const LIMITS = ["deploy", "resources", "limits"];
const RESERVATIONS = ["deploy", "resources", "reservations"];

function firstOf(service: Spot, paths: readonly (readonly string[])[]): Spot | undefined {
  return paths.map((path) => service.findIn(...path)).find((spot) => spot !== undefined);
}

function readCpus(spot: Spot): number | null {
  const text = spot.text ?? "";
  const milliCpu =
    /^\d{0,6}(?:\.\d{1,9})?$/.test(text) && text !== "" ? Math.ceil(Number(text) * 1_000) : Number.NaN;
  if (milliCpu >= 1 && milliCpu <= MAX_MILLI_CPU) return milliCpu;
  // Zero is no limit in Compose.
  if (milliCpu !== 0) spot.unreadable('CPUs such as "0.5"');
  return null;
}

function readMemory(spot: Spot): bigint | null {
  const bytes = parseComposeBytes(spot.text ?? "");
  if (bytes !== undefined && bytes >= MIN_MEMORY_BYTES && bytes <= MAX_SIZE_BYTES) return bytes;
  if (bytes !== 0n) spot.unreadable("a size such as 512m, at least 6m");
  return null;
}

/** `gpus:`, a reservation of devices, or the older `runtime: nvidia`. */
function readGpu(service: Spot, devices: Spot | undefined): DraftGpu | null {
  const gpus = service.find("gpus");
  const requests = [...(gpus?.each() ?? []), ...(devices?.items() ?? []).filter(isGpu)];
  const units = requests.map(countOf);
  if (units.length > 0) return { units: Math.min(MAX_GPU_UNITS, Math.max(...units)), models: [] };
  const runtime = service.find("runtime");
  if (runtime?.text === "nvidia") return { units: countAll(runtime), models: [] };
  const message = "The node's owner chooses the container runtime.";
  runtime?.note("CONVERT_FIELD_DROPPED", { done: "left out", message });
  return null;
}

function isGpu(device: Spot): boolean {
  const words = [
    device.find("driver")?.text,
    ...(device
      .find("capabilities")
      ?.items()
      .map(({ text }) => text) ?? []),
  ];
  if (words.includes("gpu") || words.includes("nvidia")) return true;
  device.note("CONVERT_PRIVILEGE", {
    done: "left out",
    message: "GPUs are the only devices that a node gives.",
  });
  return false;
}

function countOf(device: Spot): number {
  const count = device.find("count");
  const ids = device.find("device_ids")?.items().length ?? 0;
  if (count === undefined && ids > 0) return ids;
  if (count === undefined || count.text === "all") return countAll(count ?? device);
  if (/^[1-9]\d?$/.test(count.text ?? "")) return Number(count.text);
  count.unreadable("a number of GPUs, or all");
  return 1;
}

function countAll(spot: Spot): number {
  const message = "A manifest names a number of GPUs, not all that a machine has.";
  spot.note("CONVERT_GPU", { done: "1 GPU", message });
  return 1;
}

/** How many replicas of a service there are. */
export function readCount(service: Spot): number {
  const deploy = service.find("deploy");
  const known = ["replicas", "resources", "mode", "restart_policy"];
  reportOthers(deploy, known, "A node places and updates replicas by its own rules.");
  const mode = deploy?.find("mode");
  if (mode?.text?.startsWith("global") === true)
    mode.note("CONVERT_REPLICAS", {
      done: "1 replica",
      message: "A lease is one node: there is one replica of it.",
    });
  const spot = firstOf(service, [["deploy", "replicas"], ["scale"]]);
  return spot === undefined ? 1 : readReplicas(spot);
}

import { gpuModelOf } from "@fizz/protocol/tiers";
import { type Config } from "../config.ts";
import { type GpuSupport, lackOf } from "../containers/gpu-support.ts";
import { readGpuSupport } from "../containers/read-gpu-support.ts";
import { SwarmGpus } from "../containers/swarm/swarm-gpus.ts";
import { factsOf, type GpuCard, leasableCards } from "../domain/gpu-card.ts";
import { type GpuReader } from "../gpu-ports.ts";
import { offeredResources } from "../machine.ts";
import { type Verdict } from "./verdict.ts";

const ENGINE_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 25_000;
const MIB_PER_GIB = 1_024;

/** What was found and what is offered. */
interface GpuFindings {
  readonly cards: readonly GpuCard[];
  /** Of them, those that can be leased as the model that is offered. */
  readonly leasable: readonly GpuCard[];
  readonly offered: { readonly units: number; readonly model: number };
  readonly support: GpuSupport;
  /** MiB that the owner states. */
  readonly statedMemory: number | undefined;
}

/** Looks whether the GPUs that are offered can be leased. Empty on a machine without, where none is offered. */
export async function checkGpus(config: Config, reader: GpuReader): Promise<Verdict[]> {
  const wanted = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  const offered = { units: wanted.gpuUnits, model: wanted.gpuModel };
  let cards: readonly GpuCard[];
  try {
    cards = await reader.read(AbortSignal.timeout(READ_TIMEOUT_MS));
  } catch (error) {
    if (offered.units === 0) return [];
    throw error;
  }
  if (cards.length === 0 && offered.units === 0) return [];
  const support = await readGpuSupport(config.DOCKER_HOST, ENGINE_TIMEOUT_MS);
  const leasable = leasableCards(cards, offered.model);
  const statedMemory = config.FIZZ_NODE_GPU_MEMORY;
  return verdictsOf({ cards, leasable, offered, support, statedMemory });
}

/** Whether the swarm's machines announce as many cards as are offered. @throws ProtocolError as Engine */
export async function checkSwarmGpus(config: Config): Promise<Verdict[]> {
  const { gpuUnits, gpuModel } = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  if (gpuUnits === 0) return [];
  const reader = new SwarmGpus(config.DOCKER_HOST, config.FIZZ_NODE_SWARM_ENGINES);
  const cards = leasableCards(await reader.read(AbortSignal.timeout(READ_TIMEOUT_MS)), gpuModel);
  const model = gpuModelOf(gpuModel)?.model ?? "";
  const count = `${cards.length} × ${model} are announced by prepared machines, ${gpuUnits} offered`;
  return [[cards.length < gpuUnits ? "fail" : "ok", count]];
}

function verdictsOf(found: GpuFindings): Verdict[] {
  const { cards, leasable, offered, support } = found;
  const told = cards.map((card): Verdict => [card.model === undefined ? "warn" : "ok", textOf(card)]);
  if (offered.units === 0) return [...told, ["ok", "GPUs are here and none is offered"]];
  const model = gpuModelOf(offered.model)?.model ?? "";
  const count = `${leasable.length} × ${model} can be leased, ${offered.units} offered`;
  const lack = lackOf(support, leasable);
  return [
    ...told,
    [leasable.length < offered.units ? "fail" : "ok", count],
    lack === undefined ? ["ok", "The Docker Engine can hand out GPUs"] : ["fail", lack],
    ...memoryVerdicts(found),
  ];
}

function memoryVerdicts({ leasable, statedMemory }: GpuFindings): Verdict[] {
  const has = factsOf(leasable)?.memoryMiB ?? null;
  if (has === null || statedMemory === undefined || statedMemory <= has) return [];
  const text = `FIZZ_NODE_GPU_MEMORY is more than the ${has / MIB_PER_GIB}Gi that the cards have: those are offered`;
  return [["warn", text]];
}

function textOf(card: GpuCard): string {
  const { index, name, uuid, memoryMiB, driver } = card;
  const memory = memoryMiB === null ? "" : `, ${memoryMiB} MiB`;
  const model =
    card.model === undefined
      ? "no model of the tier tables"
      : card.isSliced
        ? "in MIG mode: not leased"
        : card.model.model;
  return `GPU ${index} ${name} (${model})${memory}, driver ${driver}, ${uuid}`;
}

import { ProtocolError } from "@fizz/protocol/errors";
import type { DeviceRequest } from "dockerode";
import { z } from "zod";
import { type GpuCard } from "../domain/gpu-card.ts";

/** CDI's name of NVIDIA's GPUs. */
const CDI_KIND = "nvidia.com/gpu";
/** Most devices of the engine's answer that are looked at. */
const MAX_DEVICES = 1_024;

const infoSchema = z.object({
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  CDISpecDirs: z.array(z.string()).nullish(),
  // Engines before 28.2 tell none.
  DiscoveredDevices: z.array(z.object({ Source: z.string(), ID: z.string() })).nullish(),
});

/** How the engine can hand out GPUs. */
export interface GpuSupport {
  /** NVIDIA's runtime is registered. */
  readonly hasRuntime: boolean;
  /** Names of single GPUs in the engine's CDI specifications, such as `nvidia.com/gpu=GPU-…`. */
  readonly cdiDevices: readonly string[];
  /** The engine reads CDI specifications. */
  readonly readsCdi: boolean;
}

/** The GPUs of one container, and how the engine is asked for them. */
export interface GpuGrant {
  readonly uuids: readonly string[];
  readonly request: DeviceRequest;
}

/** @param info The engine's `GET /info`. */
export function gpuSupportOf(info: unknown): GpuSupport {
  const { Runtimes, CDISpecDirs, DiscoveredDevices } = infoSchema.parse(info);
  const devices = (DiscoveredDevices ?? []).slice(0, MAX_DEVICES);
  return {
    hasRuntime: Object.hasOwn(Runtimes ?? {}, "nvidia"),
    cdiDevices: devices
      .filter(({ Source, ID }) => Source === "cdi" && ID.startsWith(`${CDI_KIND}=`))
      .map(({ ID }) => ID),
    readsCdi: (CDISpecDirs ?? []).length > 0,
  };
}

/** What the engine lacks to hand out these cards; undefined when nothing. */
export function lackOf(support: GpuSupport, cards: readonly GpuCard[]): string | undefined {
  if (support.hasRuntime) return undefined;
  const missing = cards.filter(({ uuid }) => !support.cdiDevices.includes(`${CDI_KIND}=${uuid}`));
  if (missing.length === 0 && support.cdiDevices.length > 0) return undefined;
  const install =
    "install NVIDIA's container toolkit, run: nvidia-ctk runtime configure --runtime=docker, restart the engine";
  if (!support.readsCdi || support.cdiDevices.length === 0)
    return `The Docker Engine has no runtime "nvidia" and no CDI devices of ${CDI_KIND}: ${install}`;
  const names = missing.map(({ uuid }) => uuid).join(", ");
  return `CDI knows no device for ${names}: run nvidia-ctk cdi generate with --device-name-strategy=uuid`;
}

/**
 * The request for these cards and no others, by their ids.
 *
 * @throws ProtocolError REQUIREMENT_MISSING when the engine cannot hand them out
 */
export function grantOf(cards: readonly GpuCard[], support: GpuSupport): GpuGrant {
  const lack = lackOf(support, cards);
  if (lack !== undefined) throw new ProtocolError("REQUIREMENT_MISSING", `${lack}.`);
  const uuids = cards.map(({ uuid }) => uuid);
  if (support.hasRuntime)
    return { uuids, request: { Driver: "nvidia", DeviceIDs: uuids, Capabilities: [["gpu"]] } };
  return { uuids, request: { Driver: "cdi", DeviceIDs: uuids.map((uuid) => `${CDI_KIND}=${uuid}`) } };
}

/** Variables with which an image, or its tenant, may ask NVIDIA's runtime for more of the machine than was leased. */
const ASKING = /^(NVIDIA_(VISIBLE_DEVICES|MIG_|IMEX_|FABRIC_|GDS|MOFED|GDRCOPY|NVSWITCH)|DOCKER_RESOURCE_)/;

/**
 * A container's variables, with NVIDIA's runtime told which cards it may show. Where that runtime is the engine's default
 * it obeys the container's variables even without a device request, and CUDA images ask for all.
 */
export function withGpuEnv(env: readonly string[], grant: GpuGrant | undefined): string[] {
  const isOurs = grant?.request.Driver === "nvidia";
  const visible = isOurs ? grant.uuids.join(",") : "void";
  return [...env.filter((entry) => !ASKING.test(entry)), `NVIDIA_VISIBLE_DEVICES=${visible}`];
}

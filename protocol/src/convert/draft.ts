import { type PullPolicy, type StorageClass } from "../manifest/types.ts";
import { type Spot } from "./spot.ts";

/** What a source asks for, in words of a manifest, before a mode decides what of it there is. */
export interface Draft {
  readonly spot: Spot;
  readonly name: string | null;
  readonly services: readonly DraftService[];
  readonly placement: DraftPlacement;
}

export interface DraftPlacement {
  readonly name: string;
  readonly regions: readonly string[];
}

export interface DraftService {
  readonly spot: Spot;
  readonly name: string;
  readonly image: string;
  /** What a person must do about the image. */
  readonly imageNote: string | null;
  readonly pullPolicy: PullPolicy | null;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly DraftEnv[];
  readonly credentials: Readonly<Record<string, string>> | null;
  readonly dependencies: readonly string[];
  readonly expose: readonly DraftExpose[];
  readonly volumes: readonly DraftVolume[];
  readonly resources: DraftResources;
  readonly count: number;
  /** A price that could not be kept, such as `1000 uakt`. */
  readonly oldPrice: string | null;
}

export interface DraftEnv {
  readonly entry: string;
  readonly note: string | null;
}

/** Inclusive; a single port has `first` = `last`. */
export interface DraftExpose {
  readonly spot: Spot;
  readonly first: number;
  readonly last: number;
  /** Wished public number of `first`; null for the container's own. */
  readonly as: number | null;
  readonly protocol: "tcp" | "udp" | null;
  readonly global: boolean;
  readonly services: readonly string[];
  readonly accept: readonly string[];
  readonly httpOptions: Readonly<Record<string, number | readonly string[]>> | null;
  readonly note: string | null;
}

export interface DraftVolume {
  readonly spot: Spot;
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
  readonly sizeBytes: bigint | null;
  readonly class: StorageClass;
  readonly note: string | null;
}

/** Of one replica; null where the source does not say. */
export interface DraftResources {
  readonly milliCpu: number | null;
  readonly memoryBytes: bigint | null;
  readonly storageBytes: bigint | null;
  readonly gpu: DraftGpu | null;
}

export interface DraftGpu {
  readonly units: number;
  readonly models: readonly DraftGpuModel[];
}

export interface DraftGpuModel {
  readonly model: string;
  readonly ram: string | null;
  readonly interface: "pcie" | "sxm" | null;
}

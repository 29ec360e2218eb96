import { type HealthCheck } from "./health.ts";

export type Mode = "fizz" | "provider";
export type PullPolicy = "Always" | "IfNotPresent" | "Never";
/** `http` and `https` are TCP for the container; the gateway routes them by host name. */
export type ProxyProtocol = "v1" | "v2";
export type ExposeProtocol = "tcp" | "udp" | "http" | "https";
/** `ephemeral` lives and dies with the container; `ram` is shared memory; the others outlive the container, not the lease. */
export type StorageClass = "ephemeral" | "ram" | "beta1" | "beta2" | "beta3";

/** A manifest as it was written: every unit resolved, nothing derived. */
export interface Manifest {
  readonly version: "1.0";
  readonly name: string | null;
  readonly mode: Mode;
  readonly durationSeconds: number;
  /** Trust tiers of providers, 1 (best) to 7, ascending; empty for any. */
  readonly tiers: readonly number[];
  readonly services: readonly ManifestService[];
  readonly compute: readonly ComputeProfile[];
  readonly placements: readonly Placement[];
  readonly deployment: readonly Assignment[];
}

export interface ManifestService {
  readonly name: string;
  readonly image: string;
  /** Null when the manifest does not say. */
  readonly pullPolicy: PullPolicy | null;
  /** Replaces the image's entrypoint; empty for the image's own. */
  readonly command: readonly string[];
  /** Replaces the image's arguments; empty for the image's own. */
  readonly args: readonly string[];
  /** `KEY=value`. */
  readonly env: readonly string[];
  readonly credentials: Credentials | null;
  readonly mounts: readonly Mount[];
  /** Services that start before this one. */
  readonly dependencies: readonly string[];
  readonly expose: readonly Expose[];
  /** Null: a replica counts as ready while it runs. */
  readonly health: HealthCheck | null;
}

export interface Credentials {
  readonly registry: string;
  readonly email: string | null;
  readonly username: string;
  readonly password: string;
}

export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/** Inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface Expose {
  readonly port: number | null;
  /** Wished public port; null for the container's own. */
  readonly as: number | null;
  readonly portRange: PortRange | null;
  readonly portRangeAs: PortRange | null;
  /** The container listens on the number that the public sees, and finds it in its environment. */
  readonly usePublicPort: boolean;
  /** Null when the manifest does not say. */
  readonly protocol: "tcp" | "udp" | null;
  /** Host names of the tenant's own, provider mode. */
  readonly accept: readonly string[];
  readonly to: readonly ExposeTarget[];
  readonly httpOptions: HttpOptions | null;
  /** Version of the PROXY header that the container gets before a connection's bytes; null for none. */
  readonly proxyProtocol: ProxyProtocol | null;
}

export interface ExposeTarget {
  readonly global: boolean;
  readonly service: string | null;
  readonly ip: string | null;
}

export interface HttpOptions {
  /** Bytes. */
  readonly maxBodySize: number;
  /** Milliseconds. */
  readonly readTimeout: number;
  /** Milliseconds. */
  readonly sendTimeout: number;
  readonly nextTries: number;
  /** Milliseconds; 0 for no limit. */
  readonly nextTimeout: number;
  readonly nextCases: readonly string[];
}

export interface ComputeProfile {
  readonly name: string;
  readonly resources: ProfileResources;
}

/** Resources of one replica. */
export interface ProfileResources {
  readonly milliCpu: number;
  /** Null for any architecture; otherwise the accepted Apple chips, empty for any of them. */
  readonly arm64Models: readonly string[] | null;
  readonly memoryBytes: bigint;
  readonly volumes: readonly Volume[];
  readonly gpu: GpuRequest | null;
}

export interface Volume {
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly persistent: boolean;
  readonly class: StorageClass;
}

export interface GpuRequest {
  readonly units: number;
  /** Accepted models, any one of them; empty for any. */
  readonly models: readonly GpuModelRequest[];
  readonly requiredVram: RequiredVram | null;
}

export interface GpuModelRequest {
  /** Short name of protocol/tiers. */
  readonly model: string;
  readonly ramBytes: bigint | null;
  readonly interface: "pcie" | "sxm" | null;
}

/** Free share of the GPU's memory. */
export interface RequiredVram {
  readonly comparison: ">=" | ">" | "<=" | "<";
  readonly percent: number;
}

export interface Placement {
  readonly name: string;
  readonly attributes: PlacementAttributes;
  readonly pricing: readonly ServicePrice[];
}

/** Empty lists mean: any. Ids are on-chain numbers or 0x addresses, in lower case. */
export interface PlacementAttributes {
  readonly regions: readonly string[];
  readonly excludedRegions: readonly string[];
  readonly desiredProviders: readonly string[];
  readonly excludedProviders: readonly string[];
  readonly desiredFizz: readonly string[];
  readonly excludedFizz: readonly string[];
  readonly cpuModels: readonly string[];
  /** 0 for any. */
  readonly minBandwidthMbps: number;
}

export interface ServicePrice {
  readonly service: string;
  /** Symbol; `ETH` is the native coin. */
  readonly token: string;
  /** Most that one replica may cost per hour, in whole tokens: a decimal number without trailing zeros. */
  readonly amount: string;
}

export interface Assignment {
  readonly service: string;
  readonly placement: string;
  readonly profile: string;
  readonly count: number;
}

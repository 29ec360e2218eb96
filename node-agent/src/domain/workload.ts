import { type OpenPart, type SealedPart } from "@fizz/protocol/manifest";
import { type Hex } from "viem";
import { type HealthTarget, healthTargetOf } from "./health.ts";
import { type LeasePorts, leasePortsOf } from "./lease-ports.ts";
import { type StoredDoors } from "./stored-lease.ts";

type OpenService = OpenPart["services"][number];
export type SealedService = SealedPart["services"][number];

/** Variables that begin so are set by the node; the manifest's own are dropped. */
const RESERVED_ENV = "FIZZ_";

export interface VolumeSpec {
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** Lives as long as the lease instead of the container. */
  readonly persistent: boolean;
}

/** Limits that the engine can change while a container runs. */
export interface RunningLimits {
  readonly milliCpu: number;
  readonly memoryBytes: bigint;
}

export interface ContainerLimits extends RunningLimits {
  /** Size of /dev/shm; null for the engine's own. */
  readonly sharedMemoryBytes: bigint | null;
  readonly gpuUnits: number;
  /** Most that it may have on disk: its own layer and its volumes together. */
  readonly storageBytes: bigint;
  /** The file system holds its layer, and each volume that lives as long as it, to `storageBytes`; not where it is left out. */
  readonly isDiskLimited?: true;
}

/** One container that must run, whole. */
export interface ContainerSpec {
  readonly leaseHash: Hex;
  readonly lid: bigint;
  readonly service: string;
  readonly replica: number;
  readonly version: number;
  readonly image: string;
  readonly pullPolicy: SealedService["pullPolicy"];
  readonly credentials: SealedService["credentials"];
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** The manifest's variables. */
  readonly env: readonly string[];
  /** The node's variables: who and where the container is. */
  readonly placeEnv: readonly string[];
  readonly limits: ContainerLimits;
  readonly volumes: readonly VolumeSpec[];
  /** Names under which the other services of the lease reach it. */
  readonly aliases: readonly string[];
  /** Public ports on which it must listen itself: another number needs another container. */
  readonly boundPorts: readonly number[];
  /** Services that must be up before it starts. */
  readonly dependencies: readonly string[];
  /** Ports that others may connect to. */
  readonly expose: OpenService["expose"];
  /** Who of its lease may connect to it; undefined: everybody of it. */
  readonly leasePorts?: LeasePorts;
  /** How it is known to work; undefined: it does while it runs. */
  readonly health?: HealthTarget;
}

export interface WorkloadInput {
  readonly leaseHash: Hex;
  readonly lid: bigint;
  readonly version: number;
  readonly openPart: OpenPart;
  readonly sealedPart: SealedPart;
  readonly doors: StoredDoors;
}

/** The containers of a manifest, services in the order in which they start. */
export function workloadOf(input: WorkloadInput): ContainerSpec[] {
  const sealed = sealedByName(input);
  const specs: ContainerSpec[] = [];
  for (const open of inStartOrder(input.openPart, sealed)) {
    const hidden = sealed.get(open.name);
    if (hidden === undefined) continue;
    for (let replica = 0; replica < open.count; replica += 1)
      specs.push(containerOf(input, { open, hidden, replica }));
  }
  return specs;
}

type Parts = Pick<WorkloadInput, "openPart" | "sealedPart">;

/** Names of the services, in the order in which they start. */
export function startOrderOf(parts: Parts): string[] {
  return inStartOrder(parts.openPart, sealedByName(parts)).map(({ name }) => name);
}

function sealedByName({ sealedPart }: Pick<Parts, "sealedPart">): ReadonlyMap<string, SealedService> {
  return new Map(sealedPart.services.map((service) => [service.name, service]));
}

interface ServiceReplica {
  readonly open: OpenService;
  readonly hidden: SealedService;
  readonly replica: number;
}

function containerOf(input: WorkloadInput, { open, hidden, replica }: ServiceReplica): ContainerSpec {
  const { leaseHash, lid, version, doors } = input;
  const place = { service: open.name, replica, expose: open.expose, endpoints: doors.endpoints };
  const boundPorts = boundPortsOf(open, { doors, replica });
  return {
    leaseHash,
    lid,
    service: open.name,
    replica,
    version,
    image: hidden.image,
    pullPolicy: hidden.pullPolicy,
    credentials: hidden.credentials,
    command: hidden.command,
    args: hidden.args,
    env: hidden.env.filter((entry) => !entry.startsWith(RESERVED_ENV)),
    placeEnv: placeEnvOf({ lid, doors, service: open.name, replica }),
    limits: limitsOf(open, hidden),
    volumes: volumesOf(open, hidden),
    aliases: [open.name, `${open.name}-${replica}`],
    boundPorts,
    dependencies: hidden.dependencies,
    expose: open.expose,
    leasePorts: leasePortsOf(input.openPart, { service: open, replica, boundPorts }),
    ...(hidden.health === undefined ? {} : { health: healthTargetOf(hidden.health, place) }),
  };
}

function limitsOf(open: OpenService, hidden: SealedService): ContainerLimits {
  const { milliCpu, memoryBytes, gpu, volumes } = open.resources;
  const mounted = new Set(hidden.mounts.map(({ volume }) => volume));
  const shared = volumes.find((volume) => volume.class === "ram" && mounted.has(volume.name));
  return {
    milliCpu,
    memoryBytes: BigInt(memoryBytes),
    sharedMemoryBytes: shared === undefined ? null : BigInt(shared.sizeBytes),
    gpuUnits: gpu?.units ?? 0,
    storageBytes: volumes
      .filter((volume) => volume.class !== "ram")
      .reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n),
  };
}

/** Mounted volumes. Shared memory is a limit of the container, not a volume. */
function volumesOf(open: OpenService, hidden: SealedService): VolumeSpec[] {
  return hidden.mounts.flatMap(({ volume: name, path, readOnly }) => {
    const volume = open.resources.volumes.find((candidate) => candidate.name === name);
    if (volume === undefined || volume.class === "ram") return [];
    return [{ name, path, readOnly, persistent: volume.persistent }];
  });
}

interface Place {
  readonly lid: bigint;
  readonly doors: StoredDoors;
  readonly service: string;
  readonly replica: number;
}

function placeEnvOf({ lid, doors, service, replica }: Place): string[] {
  const own = doors.endpoints.filter((entry) => entry.service === service && entry.replica === replica);
  return [
    `FIZZ_LID=${lid}`,
    `FIZZ_SERVICE=${service}`,
    `FIZZ_REPLICA=${replica}`,
    `FIZZ_PUBLIC_HOST=${doors.host}`,
    ...own.map(({ port, publicPort }) => `FIZZ_PUBLIC_PORT_${port}=${publicPort}`),
  ];
}

function boundPortsOf(open: OpenService, at: { doors: StoredDoors; replica: number }): number[] {
  const bound = open.expose.filter((entry) => entry.global && entry.usePublicPort);
  return at.doors.endpoints
    .filter((endpoint) => endpoint.service === open.name && endpoint.replica === at.replica)
    .filter(({ port }) => bound.some((entry) => entry.firstPort <= port && port <= entry.lastPort))
    .map(({ publicPort }) => publicPort);
}

/** Services after those they depend on; the validator has refused circles. */
function inStartOrder(openPart: OpenPart, sealed: ReadonlyMap<string, SealedService>): OpenService[] {
  const byName = new Map(openPart.services.map((service) => [service.name, service]));
  const ordered = new Set<OpenService>();
  const visit = (service: OpenService, path: readonly string[]): void => {
    if (ordered.has(service) || path.includes(service.name)) return;
    for (const name of sealed.get(service.name)?.dependencies ?? []) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency, [...path, service.name]);
    }
    ordered.add(service);
  };
  for (const service of openPart.services) visit(service, []);
  return [...ordered];
}

import { ProtocolError } from "@fizz/protocol/errors";
import type { CreateServiceOptions } from "dockerode";
import { PREPARED_ONLY } from "../../domain/host-preparation.ts";
import { GPU_RESOURCE } from "../../domain/swarm-cards.ts";
import { type ContainerSpec } from "../../domain/workload.ts";
import {
  CAPABILITIES,
  hostnameOf,
  LOG_FILES,
  LOG_FILE_SIZE,
  MAX_PIDS,
  NANO_CPUS_PER_MILLI,
} from "../container-options.ts";
import { withGpuEnv } from "../gpu-support.ts";
import { LABEL, labelsOf, networkNameOf, volumeNameOf } from "../labels.ts";
import { IMAGE, type SwarmService } from "./swarm-facts.ts";

type Template = SwarmService["Spec"]["TaskTemplate"];

/** Time that a task has to end by itself, in nanoseconds; it is of the service, and cannot be changed without a new task. */
const STOP_GRACE_NS = 10_000_000_000;
/** Most ports that one container publishes. */
export const MAX_PUBLISHED = 512;
const HASH_LENGTH = 18;
const DIGEST_LENGTH = 16;

export interface ServicePlace {
  /** Reference that means the same image on every machine. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The machine on which it must run; undefined for any. */
  readonly machine: string | undefined;
  /** Started also where no room is left. */
  readonly isTrial: boolean;
  readonly hasInit: boolean;
  /** The engine sets no-new-privileges for each service; otherwise it is set for the machine. */
  readonly canConfine: boolean;
}

/** Names of services are names of hosts too: short ones. */
export function serviceNameOf({ leaseHash }: ContainerSpec, digest: string): string {
  return `fizz-${leaseHash.slice(2, HASH_LENGTH)}-${digest.slice(0, DIGEST_LENGTH)}`;
}

/**
 * A service of one task, or none yet: one container of a lease, on whichever machine has room for it.
 *
 * @throws ProtocolError ENGINE_FAILED when it exposes more ports than MAX_PUBLISHED
 */
export function serviceOptions(
  spec: ContainerSpec,
  digest: string,
  place: ServicePlace,
): CreateServiceOptions {
  const labels = { ...place.labels, ...labelsOf(spec, digest) };
  const options = {
    Name: serviceNameOf(spec, digest),
    Labels: { ...labels, [IMAGE]: spec.image },
    TaskTemplate: {
      ContainerSpec: containerOf(spec, place, labels),
      Resources: place.isTrial ? { Limits: resourcesOf(spec)["Limits"] } : resourcesOf(spec),
      // What ends is started again by the agent, with its back-off and its events.
      RestartPolicy: { Condition: "none", Delay: 0 },
      Placement: { Constraints: [PREPARED_ONLY, ...constraintsOf(place)] },
      Networks: [{ Target: networkNameOf(spec.leaseHash), Aliases: [...spec.aliases] }],
      LogDriver: { Name: "json-file", Options: { "max-size": LOG_FILE_SIZE, "max-file": LOG_FILES } },
    },
    Mode: { Replicated: { Replicas: 0 } },
    // A change of a running service starts its new task before it ends the old one.
    UpdateConfig: { Parallelism: 1, Order: "start-first", FailureAction: "pause" },
    // Names lead to tasks, and ports are the machine's own: the swarm's virtual addresses need what kernels may lack.
    EndpointSpec: { Mode: "dnsrr", Ports: portsOf(spec) },
  };
  return options;
}

/** For tasks of a service that an agent made which knew of no preparation. */
export function onPrepared(template: Template): Template {
  const known = template.Placement.Constraints ?? [];
  if (known.includes(PREPARED_ONLY)) return template;
  return { ...template, Placement: { ...template.Placement, Constraints: [...known, PREPARED_ONLY] } };
}

function constraintsOf({ machine }: ServicePlace): string[] {
  return machine === undefined ? [] : [`node.id==${machine}`];
}

function containerOf(
  spec: ContainerSpec,
  place: ServicePlace,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    Image: place.image,
    Labels: labels,
    ...(spec.command.length > 0 ? { Command: [...spec.command] } : {}),
    ...(spec.args.length > 0 ? { Args: [...spec.args] } : {}),
    Hostname: hostnameOf(spec),
    Env: envOf(spec),
    CapabilityDrop: ["ALL"],
    CapabilityAdd: CAPABILITIES.map((name) => `CAP_${name}`),
    ...(place.canConfine
      ? { Privileges: { NoNewPrivileges: true, Seccomp: { Mode: "default" }, AppArmor: { Mode: "default" } } }
      : {}),
    StopGracePeriod: STOP_GRACE_NS,
    Mounts: mountsOf(spec, labels),
    ...(place.hasInit ? { Init: true } : {}),
  };
}

/** A machine's NVIDIA runtime looks at the swarm's variable first: without a GPU it is told that there is none. */
function envOf(spec: ContainerSpec): string[] {
  const env = withGpuEnv([...spec.env, ...spec.placeEnv], undefined);
  return spec.limits.gpuUnits > 0 ? env : [...env, `DOCKER_RESOURCE_${GPU_RESOURCE}=void`];
}

/** What it may use is reserved on its machine, too: the swarm places by that. */
function resourcesOf({ limits }: ContainerSpec): Record<string, unknown> {
  const own = { NanoCPUs: limits.milliCpu * NANO_CPUS_PER_MILLI, MemoryBytes: Number(limits.memoryBytes) };
  const gpus =
    limits.gpuUnits === 0
      ? {}
      : { GenericResources: [{ DiscreteResourceSpec: { Kind: GPU_RESOURCE, Value: limits.gpuUnits } }] };
  return { Limits: { ...own, Pids: MAX_PIDS }, Reservations: { ...own, ...gpus } };
}

function mountsOf(spec: ContainerSpec, labels: Readonly<Record<string, string>>): Record<string, unknown>[] {
  const kept = { ...labels, [LABEL.lease]: spec.leaseHash };
  const volumes = spec.volumes.map((volume) => ({
    Type: "volume",
    // One without a name goes with its task.
    ...(volume.persistent ? { Source: volumeNameOf(spec, "", volume) } : {}),
    Target: volume.path,
    ReadOnly: volume.readOnly,
    VolumeOptions: { Labels: kept },
  }));
  const { sharedMemoryBytes } = spec.limits;
  if (sharedMemoryBytes === null) return volumes;
  const shared = { SizeBytes: Number(sharedMemoryBytes), Mode: 0o1777 };
  return [...volumes, { Type: "tmpfs", Target: "/dev/shm", TmpfsOptions: shared }];
}

/** Every port that the manifest exposes, to whomever: the agent reaches containers of other machines through them alone. */
function portsOf({ expose, boundPorts }: ContainerSpec): Record<string, unknown>[] {
  const ports = new Map<string, Record<string, unknown>>();
  const add = (port: number, protocol: "tcp" | "udp"): void => {
    ports.set(`${port} ${protocol}`, { Protocol: protocol, TargetPort: port, PublishMode: "host" });
  };
  for (const { firstPort, lastPort, protocol } of expose)
    for (let port = firstPort; port <= lastPort; port += 1) add(port, protocol === "udp" ? "udp" : "tcp");
  const isUdp = expose.some(({ usePublicPort, protocol }) => usePublicPort && protocol === "udp");
  const isTcp = expose.some(({ usePublicPort, protocol }) => usePublicPort && protocol !== "udp");
  for (const port of boundPorts) {
    if (isTcp) add(port, "tcp");
    if (isUdp) add(port, "udp");
  }
  if (ports.size <= MAX_PUBLISHED) return [...ports.values()];
  const message = `${ports.size} ports are exposed; a swarm's container can have ${MAX_PUBLISHED}.`;
  throw new ProtocolError("ENGINE_FAILED", message);
}

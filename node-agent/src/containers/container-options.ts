import type { ContainerCreateOptions, HostConfig, MountConfig } from "dockerode";
import { type ContainerSpec } from "../domain/workload.ts";
import { type GpuGrant, withGpuEnv } from "./gpu-support.ts";
import { containerNameOf, LABEL, labelsOf, networkNameOf, volumeNameOf } from "./labels.ts";

/** Capabilities that ordinary images need to drop root, own their files and serve; everything else is dropped. */
export const CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "KILL",
  "NET_BIND_SERVICE",
  "SETGID",
  "SETUID",
];
/** Most processes and threads of one container. */
export const MAX_PIDS = 1_024;
/** Log files of one container: size of each, and how many. */
export const LOG_FILE_SIZE = "10m";
export const LOG_FILES = "3";
/** A host name has at most 63 characters, the replica included. */
const MAX_HOST_SERVICE = 57;
/** Docker counts CPUs in billionths. */
export const NANO_CPUS_PER_MILLI = 1_000_000;

export interface HostAbilities {
  /** The engine has an init program that reaps processes. */
  readonly init: boolean;
}

/** Where a container is made. */
export interface ContainerPlace extends HostAbilities {
  readonly labels: Readonly<Record<string, string>>;
  /** Container whose network namespace it joins, with its names; undefined for one of its own. */
  readonly sandboxId: string | undefined;
  /** Undefined for a container that has no GPU. */
  readonly gpus: GpuGrant | undefined;
}

/** Everything that Docker itself can confine; never privileged, no host network, nothing of the host mounted. */
export function containerOptions(
  spec: ContainerSpec,
  digest: string,
  host: ContainerPlace,
): ContainerCreateOptions {
  return {
    name: containerNameOf(spec, digest),
    Image: spec.image,
    ...(spec.command.length > 0 ? { Entrypoint: [...spec.command] } : {}),
    // With an entrypoint of its own the image's arguments must not be appended.
    ...(spec.args.length > 0 || spec.command.length > 0 ? { Cmd: [...spec.args] } : {}),
    Env: withGpuEnv([...spec.env, ...spec.placeEnv], host.gpus),
    Labels: {
      ...host.labels,
      ...labelsOf(spec, digest),
      ...(host.gpus === undefined ? {} : { [LABEL.gpus]: host.gpus.uuids.join(",") }),
    },
    AttachStdout: false,
    AttachStderr: false,
    HostConfig: hostConfig(spec, digest, host),
    ...(host.sandboxId === undefined ? ownNetwork(spec) : {}),
  };
}

/** The name that a replica sees as its host's. */
export function hostnameOf({ service, replica }: ContainerSpec): string {
  return `${service.slice(0, MAX_HOST_SERVICE)}-${replica}`;
}

function ownNetwork(spec: ContainerSpec): ContainerCreateOptions {
  const endpoints = { [networkNameOf(spec.leaseHash)]: { Aliases: [...spec.aliases] } };
  return { Hostname: hostnameOf(spec), NetworkingConfig: { EndpointsConfig: endpoints } };
}

function hostConfig(spec: ContainerSpec, digest: string, host: ContainerPlace): HostConfig {
  const { limits } = spec;
  const memory = Number(limits.memoryBytes);
  return {
    NetworkMode: host.sandboxId === undefined ? networkNameOf(spec.leaseHash) : `container:${host.sandboxId}`,
    RestartPolicy: { Name: "no" },
    Privileged: false,
    CapDrop: ["ALL"],
    CapAdd: CAPABILITIES,
    SecurityOpt: ["no-new-privileges:true"],
    IpcMode: "private",
    PidsLimit: MAX_PIDS,
    Memory: memory,
    // Equal to memory: no swap.
    MemorySwap: memory,
    NanoCpus: limits.milliCpu * NANO_CPUS_PER_MILLI,
    ...(limits.isDiskLimited === true ? { StorageOpt: { size: limits.storageBytes.toString() } } : {}),
    LogConfig: { Type: "json-file", Config: { "max-size": LOG_FILE_SIZE, "max-file": LOG_FILES } },
    Mounts: mountsOf(spec, digest, host.labels),
    ...(host.init ? { Init: true } : {}),
    ...(limits.sharedMemoryBytes === null ? {} : { ShmSize: Number(limits.sharedMemoryBytes) }),
    ...(host.gpus === undefined ? {} : { DeviceRequests: [host.gpus.request] }),
  };
}

/** A volume that outlives its container keeps its size for ever: it is only watched. */
function volumeOptions({ limits }: ContainerSpec, isPersistent: boolean): Record<string, string> {
  return limits.isDiskLimited === true && !isPersistent ? { size: limits.storageBytes.toString() } : {};
}

function mountsOf(
  spec: ContainerSpec,
  digest: string,
  labels: Readonly<Record<string, string>>,
): MountConfig {
  return spec.volumes.map((volume) => ({
    Type: "volume",
    Source: volumeNameOf(spec, digest, volume),
    Target: volume.path,
    ReadOnly: volume.readOnly,
    VolumeOptions: {
      NoCopy: false,
      Labels: {
        ...labels,
        [LABEL.lease]: spec.leaseHash,
        [LABEL.lid]: spec.lid.toString(),
        ...(volume.persistent ? {} : { [LABEL.digest]: digest }),
      },
      DriverConfig: { Name: "local", Options: volumeOptions(spec, volume.persistent) },
    },
  }));
}

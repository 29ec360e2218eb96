import { randomBytes } from "node:crypto";
import { type ContainerSpec } from "../domain/workload.ts";

const MIB = 1_024n * 1_024n;

export type Probe = Pick<ContainerSpec, "image" | "pullPolicy" | "command"> & { readonly milliCpu: number };

/** A container as a tenant's is made, of a lease that there is not: what doctor tries machines with. */
export function probeSpec({ image, pullPolicy, command, milliCpu }: Probe): ContainerSpec {
  return {
    leaseHash: `0x${randomBytes(32).toString("hex")}`,
    lid: 0n,
    service: "doctor",
    replica: 0,
    version: 1,
    image,
    pullPolicy,
    credentials: null,
    command,
    args: [],
    env: [],
    placeEnv: [],
    limits: {
      milliCpu,
      memoryBytes: 32n * MIB,
      sharedMemoryBytes: null,
      gpuUnits: 0,
      storageBytes: 32n * MIB,
    },
    volumes: [],
    aliases: [],
    boundPorts: [],
    dependencies: [],
    expose: [],
  };
}

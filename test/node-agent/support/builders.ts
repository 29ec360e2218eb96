import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { NONE_REVOKED } from "../../../node-agent/src/domain/revoked-grants.ts";
import { type StoredLease } from "../../../node-agent/src/domain/stored-lease.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { keccak256, type Hex, stringToBytes } from "viem";

export const TENANT = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
/** A hash that is told by its name. */
export const hashOf = (name: string): Hex => keccak256(stringToBytes(name));

export function leaseRecord(changes: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    lid: 1n,
    leaseHash: hashOf("lease"),
    tenant: TENANT,
    nodeId: 7n,
    subnetId: 1,
    state: "active",
    version: 1,
    manifestHash: hashOf("manifest"),
    resources: 0n,
    deadline: 0,
    noticeSeconds: 3_600,
    paidUntil: 10_000,
    pending: undefined,
    ...changes,
  };
}

export function containerSpec(changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    leaseHash: hashOf("lease"),
    lid: 1n,
    service: "web",
    replica: 0,
    version: 1,
    image: "fizz/hello:1.0.0",
    pullPolicy: "IfNotPresent",
    credentials: null,
    command: [],
    args: [],
    env: [],
    placeEnv: [],
    limits: {
      milliCpu: 250,
      memoryBytes: 32n * 1024n * 1024n,
      sharedMemoryBytes: null,
      gpuUnits: 0,
      storageBytes: 1n << 30n,
    },
    volumes: [],
    aliases: ["web", "web-0"],
    boundPorts: [],
    dependencies: [],
    expose: [],
    ...changes,
  };
}

export function observed(changes: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id: "c1",
    leaseHash: hashOf("lease"),
    lid: 1n,
    service: "web",
    replica: 0,
    version: 1,
    digest: "d1",
    state: "running",
    exitCode: null,
    outOfMemory: false,
    startedAt: 1_000,
    finishedAt: null,
    address: "172.18.0.2",
    sandbox: "whole",
    diskBytes: null,
    limits: { milliCpu: 250, memoryBytes: 32n * 1024n * 1024n },
    ...changes,
  };
}

export function storedLease(changes: Partial<StoredLease> = {}): StoredLease {
  return {
    leaseHash: hashOf("lease"),
    lid: 1n,
    tenant: TENANT,
    manifests: [],
    doors: null,
    restarts: {},
    images: {},
    missingSince: null,
    revoked: NONE_REVOKED,
    removedAt: null,
    ...changes,
  };
}

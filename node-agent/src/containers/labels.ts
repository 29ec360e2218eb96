import { ProtocolError } from "@fizz/protocol/errors";
import { bytes32Schema } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { z } from "zod";
import { type LeasePorts, leasePortsSchema } from "../domain/lease-ports.ts";
import { type ContainerSpec } from "../domain/workload.ts";

/** Labels on everything that the agent makes. */
export const LABEL = {
  node: "fizz.node",
  lease: "fizz.lease",
  lid: "fizz.lid",
  service: "fizz.service",
  replica: "fizz.replica",
  version: "fizz.version",
  digest: "fizz.digest",
  /** UUIDs of the GPUs that it has, with commas between. */
  gpus: "fizz.gpus",
  /** Who of its lease may connect to it, of a sandbox: JSON of leasePortsSchema. */
  ports: "fizz.ports",
  /** What it is for, unless it is a tenant's container. */
  role: "fizz.role",
  /** What its first process reads, of a sandbox: its image says it. */
  input: "fizz.input",
} as const;

const count = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number);

const labelsSchema = z.object({
  [LABEL.lease]: bytes32Schema,
  [LABEL.lid]: z
    .string()
    .regex(/^\d{1,78}$/)
    .transform(BigInt)
    .optional()
    .catch(undefined),
  [LABEL.service]: z.string().min(1).max(63),
  [LABEL.replica]: count,
  [LABEL.version]: count,
  [LABEL.digest]: z.string().max(128).default(""),
  [LABEL.role]: z.string().max(32).optional(),
  [LABEL.gpus]: z.string().max(4_096).optional(),
});
export type Labels = z.output<typeof labelsSchema>;

/** What was read once of an answer that is kept: each look at the containers asks again. */
const read = new WeakMap<object, Labels | undefined>();

/**
 * Undefined when they are not those of a container of the agent.
 *
 * @param labels As an engine gave them; nobody changes them.
 */
export function readLabels(labels: object | null | undefined): Labels | undefined {
  if (labels === undefined || labels === null) return undefined;
  if (read.has(labels)) return read.get(labels);
  const result = labelsSchema.safeParse(labels);
  const own = result.success ? result.data : undefined;
  read.set(labels, own);
  return own;
}

/** Undefined for a sandbox of an agent that let the whole lease in. @throws ProtocolError ENGINE_FAILED when it is unreadable */
export function readLeasePorts(
  labels: Readonly<Record<string, string | undefined>> | undefined,
): LeasePorts | undefined {
  const text = labels?.[LABEL.ports];
  if (text === undefined) return undefined;
  try {
    return leasePortsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ProtocolError("ENGINE_FAILED", "The ports of a sandbox cannot be read from its label.", {
      cause,
    });
  }
}

export function labelsOf(spec: ContainerSpec, digest: string): Record<string, string> {
  return {
    [LABEL.lease]: spec.leaseHash,
    [LABEL.lid]: spec.lid.toString(),
    [LABEL.service]: spec.service,
    [LABEL.replica]: spec.replica.toString(),
    [LABEL.version]: spec.version.toString(),
    [LABEL.digest]: digest,
  };
}

const HASH_LENGTH = 16;
const DIGEST_LENGTH = 8;

function shortHash(leaseHash: Hex): string {
  return leaseHash.slice(2, 2 + HASH_LENGTH);
}

export function networkNameOf(leaseHash: Hex): string {
  return `fizz-${shortHash(leaseHash)}`;
}

export function containerNameOf(spec: ContainerSpec, digest: string): string {
  const { leaseHash, service, replica } = spec;
  return `fizz-${shortHash(leaseHash)}-${service}-${replica}-${digest.slice(0, DIGEST_LENGTH)}`;
}

/** A persistent volume belongs to the replica, any other to the one container. */
export function volumeNameOf(
  spec: ContainerSpec,
  digest: string,
  volume: { name: string; persistent: boolean },
): string {
  const { leaseHash, service, replica } = spec;
  const owner = volume.persistent ? "" : `-${digest.slice(0, DIGEST_LENGTH)}`;
  return `fizz-${shortHash(leaseHash)}-${service}-${replica}-${volume.name}${owner}`;
}

import { type ObservedContainer, type PublishedPort } from "../../domain/observed.ts";
import { type RunningLimits } from "../../domain/workload.ts";
import { NANO_CPUS_PER_MILLI } from "../container-options.ts";
import { LABEL, readLabels } from "../labels.ts";
import {
  cardsIn,
  endTold,
  IMAGE,
  inOrder,
  phaseOf,
  presentTask,
  STOPPED,
  type SwarmNode,
  type SwarmService,
  type SwarmTask,
} from "./swarm-facts.ts";

/** What the machine's own engine tells of a task's container. */
export interface ContainerDetails {
  readonly startedAt: number | null;
  readonly outOfMemory: boolean;
  readonly diskBytes: number | null;
}

export interface SwarmLook {
  readonly services: readonly SwarmService[];
  readonly tasks: readonly SwarmTask[];
  readonly nodes: readonly SwarmNode[];
  /** When tasks were seen to end, by their ids; Unix milliseconds. */
  readonly ends: ReadonlyMap<string, number>;
  /** By id of the container; those of machines whose engines are reached. */
  readonly details: ReadonlyMap<string, ContainerDetails>;
}

/** A service stands for one container: its newest task is the container as it is now. */
export function observedOfSwarm(look: SwarmLook): ObservedContainer[] {
  return look.services.flatMap((service) => {
    const labels = readLabels(service.Spec.Labels);
    if (labels === undefined) return [];
    const own = inOrder(look.tasks.filter(({ ServiceID }) => ServiceID === service.ID));
    const task = presentTask(own);
    const before = task === undefined ? undefined : own[own.indexOf(task) - 1];
    const place = {
      id: service.ID,
      leaseHash: labels[LABEL.lease],
      lid: labels[LABEL.lid],
      service: labels[LABEL.service],
      replica: labels[LABEL.replica],
      version: labels[LABEL.version],
      digest: labels[LABEL.digest],
      sandbox: "whole" as const,
      limits: limitsOf(service),
      image: service.Spec.Labels?.[IMAGE],
    };
    const state = stateOf(service, task, look);
    // Of the run before, while this one goes on, as one machine's engine has it.
    const finishedAt = state.finishedAt ?? (before === undefined ? null : endOf(before, look));
    const gpus = state.state === "running" ? cardsIn(task?.GenericResources) : [];
    return [{ ...place, ...state, finishedAt, ...(gpus.length > 0 ? { gpus } : {}) }];
  });
}

/** What its tasks may use. */
export function limitsOf({ Spec }: SwarmService): RunningLimits {
  const { NanoCPUs, MemoryBytes } = Spec.TaskTemplate.Resources.Limits;
  return { milliCpu: Math.round(NanoCPUs / NANO_CPUS_PER_MILLI), memoryBytes: BigInt(MemoryBytes) };
}

type State = Pick<
  ObservedContainer,
  "state" | "exitCode" | "outOfMemory" | "startedAt" | "finishedAt" | "address" | "diskBytes"
> & { readonly published?: readonly PublishedPort[] };

const CREATED: State = {
  state: "created",
  exitCode: null,
  outOfMemory: false,
  startedAt: null,
  finishedAt: null,
  address: null,
  diskBytes: null,
};

function stateOf(service: SwarmService, task: SwarmTask | undefined, look: SwarmLook): State {
  if (service.Spec.Mode.Replicated.Replicas === 0) return stoppedOf(service);
  if (task === undefined) return CREATED;
  const details = look.details.get(containerIdOf(task));
  switch (phaseOf(task)) {
    case "waiting":
      return CREATED;
    case "running":
      return runningOf(task, details, look.nodes);
    case "lost":
      return {
        ...CREATED,
        state: "exited",
        startedAt: startOf(task),
        finishedAt: endOf(task, look),
      };
    case "ended":
      return { ...endedOf(task, details), finishedAt: endOf(task, look) };
  }
}

function stoppedOf({ Spec }: SwarmService): State {
  const at = Spec.Labels?.[STOPPED];
  return at === undefined ? CREATED : { ...CREATED, state: "exited", finishedAt: Number(at) };
}

function runningOf(
  task: SwarmTask,
  details: ContainerDetails | undefined,
  nodes: readonly SwarmNode[],
): State {
  return {
    ...CREATED,
    state: "running",
    startedAt: details?.startedAt ?? Date.parse(task.Status.Timestamp),
    address: nodes.find(({ id }) => id === task.NodeID)?.address ?? null,
    diskBytes: details?.diskBytes ?? null,
    published: publishedOf(task),
  };
}

function endedOf(task: SwarmTask, details: ContainerDetails | undefined): State {
  const { State: state, ContainerStatus: container } = task.Status;
  const hasRun = state === "complete" || state === "failed";
  return {
    ...CREATED,
    state: "exited",
    exitCode: hasRun ? (container?.ExitCode ?? null) : null,
    ...(details ?? { startedAt: startOf(task) }),
  };
}

/** As it was first told: one that the swarm gives up ends once, whatever its machine tells later. */
function endOf(task: SwarmTask, { ends }: SwarmLook): number {
  return ends.get(task.ID) ?? endTold(task);
}

function containerIdOf({ Status }: SwarmTask): string {
  return Status.ContainerStatus?.ContainerID ?? "";
}

/** The swarm keeps no start time of a task that has ended. */
function startOf({ CreatedAt }: SwarmTask): number {
  return Date.parse(CreatedAt);
}

/** The engine tells each port twice. */
function publishedOf({ Status }: SwarmTask): PublishedPort[] {
  const seen = new Map<string, PublishedPort>();
  for (const { Protocol, TargetPort: port, PublishedPort: published } of Status.PortStatus?.Ports ?? [])
    if (Protocol === "tcp" || Protocol === "udp")
      seen.set(`${Protocol} ${port}`, { protocol: Protocol, port, published });
  return [...seen.values()];
}

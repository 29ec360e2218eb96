import { z } from "zod";
import { isPrepared, PREPARED_FOR } from "../../domain/host-preparation.ts";
import { type AnnouncedCard, CARD_LABEL, GPU_RESOURCE } from "../../domain/swarm-cards.ts";

/** Why a service ran no task any more: label on the service, Unix milliseconds. */
export const STOPPED = "fizz.stopped";
/** The image as the agent was told it: label on the service, whose own names it by digest or id. */
export const IMAGE = "fizz.image";
/** The machine to which a replica's persistent volumes bind it: label on their record. */
export const MACHINE = "fizz.machine";

const text = z.string().default("");

const size = z.number().default(0);
/** Cards are named ones; what a machine only counts is nothing that can be told apart. */
const resources = z
  .array(z.object({ NamedResourceSpec: z.object({ Kind: text, Value: text }).nullish() }))
  .nullish();
const described = z.object({
  Hostname: text,
  Resources: z.object({ NanoCPUs: size, MemoryBytes: size, GenericResources: resources }).prefault({}),
  Engine: z.object({ EngineVersion: text, Labels: z.record(z.string(), z.string()).nullish() }).prefault({}),
});

const nodesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({ Availability: text, Role: text }),
    // A machine that has just joined has told nothing yet.
    Description: described.prefault({}),
    Status: z.object({ State: text, Addr: text }),
  }),
);

/** A machine of the swarm. */
export interface SwarmNode {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly isReady: boolean;
  readonly isManager: boolean;
  /** Its engine says that it runs with what `prepare-host` wrote. */
  readonly isPrepared: boolean;
  /** Mark of the addresses and ranges for which it was prepared; undefined where it tells none. */
  readonly preparedFor: string | undefined;
  /** The swarm gives it tasks. */
  readonly isActive: boolean;
  /** Its tasks are ended; those of one that is paused go on. */
  readonly isDrained: boolean;
  /** It is given new tasks of the node: ready, active and prepared. */
  readonly takesTasks: boolean;
  readonly engineVersion: string;
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** In the order in which it announces them. */
  readonly cards: readonly AnnouncedCard[];
}

/** @param own The machine that was asked: it may know itself by no address. */
export function readNodes(raw: unknown, own: { readonly id: string; readonly address: string }): SwarmNode[] {
  return nodesSchema.parse(raw).map(({ ID, Spec, Description, Status }) => {
    const isNowhere = /^$|^0\.0\.0\.0$|^127\./.test(Status.Addr);
    const isReady = Status.State === "ready";
    const isActive = Spec.Availability === "active";
    const labels = Description.Engine.Labels ?? {};
    return {
      id: ID,
      hostname: Description.Hostname,
      address: isNowhere && ID === own.id ? own.address : Status.Addr,
      isReady,
      isManager: Spec.Role === "manager",
      isPrepared: isPrepared(labels),
      preparedFor: labels[PREPARED_FOR],
      isActive,
      isDrained: Spec.Availability === "drain",
      takesTasks: isReady && isActive && isPrepared(labels),
      engineVersion: Description.Engine.EngineVersion,
      nanoCpus: Description.Resources.NanoCPUs,
      memoryBytes: Description.Resources.MemoryBytes,
      cards: cardsIn(Description.Resources.GenericResources).map((uuid) => ({
        uuid,
        told: labels[`${CARD_LABEL}${uuid}`],
      })),
    };
  });
}

/** UUIDs of the cards among a machine's, or a task's, resources. */
export function cardsIn(given: z.output<typeof resources>): string[] {
  return (given ?? []).flatMap(({ NamedResourceSpec: named }) =>
    named?.Kind === GPU_RESOURCE ? [named.Value] : [],
  );
}

const tasksSchema = z.array(
  z.object({
    ID: z.string(),
    ServiceID: text,
    NodeID: text,
    CreatedAt: z.string(),
    UpdatedAt: z.string(),
    DesiredState: z.string(),
    /** Which ones it was given. */
    GenericResources: resources,
    Spec: z.object({ ForceUpdate: z.number().default(0) }),
    Status: z.object({
      State: z.string(),
      Timestamp: z.string(),
      Err: text,
      ContainerStatus: z.object({ ContainerID: text, ExitCode: z.number().default(0) }).nullish(),
      PortStatus: z
        .object({
          Ports: z
            .array(z.object({ Protocol: z.string(), TargetPort: z.number(), PublishedPort: z.number() }))
            .nullish(),
        })
        .nullish(),
    }),
  }),
);
export type SwarmTask = z.output<typeof tasksSchema>[number];

export function readTasks(raw: unknown): SwarmTask[] {
  return tasksSchema.parse(raw);
}

const servicesSchema = z.array(
  z.object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    Spec: z.looseObject({
      Labels: z.record(z.string(), z.string()).nullish(),
      TaskTemplate: z.looseObject({
        ForceUpdate: z.number().default(0),
        ContainerSpec: z
          .looseObject({ Mounts: z.array(z.looseObject({ Type: text, Source: text })).nullish() })
          .optional(),
        Placement: z.looseObject({ Constraints: z.array(z.string()).nullish() }).prefault({}),
        Resources: z.looseObject({
          Limits: z.looseObject({ NanoCPUs: z.number().default(0), MemoryBytes: z.number().default(0) }),
        }),
      }),
      Mode: z.object({ Replicated: z.object({ Replicas: z.number().default(0) }) }),
    }),
  }),
);
export type SwarmService = z.output<typeof servicesSchema>[number];

export function readServices(raw: unknown): SwarmService[] {
  return servicesSchema.parse(raw);
}

const WAITING = new Set([
  "new",
  "allocated",
  "pending",
  "assigned",
  "accepted",
  "preparing",
  "ready",
  "starting",
]);
const ENDING = new Set(["shutdown", "remove", "complete", "failed"]);

/** What a task does. `lost`: it is to end, and its machine does not say that it has. */
export type TaskPhase = "waiting" | "running" | "lost" | "ended";

export function phaseOf({ DesiredState: desired, Status: { State: state } }: SwarmTask): TaskPhase {
  const isWaiting = WAITING.has(state);
  if (!isWaiting && state !== "running") return "ended";
  if (ENDING.has(desired)) return "lost";
  return isWaiting ? "waiting" : "running";
}

/** A machine that is lost tells no end: it is when the swarm gave the task up. Unix milliseconds. */
export function endTold(task: SwarmTask): number {
  return Date.parse(phaseOf(task) === "lost" ? task.UpdatedAt : task.Status.Timestamp);
}

export function isUnderWay(task: SwarmTask | undefined): boolean {
  return task !== undefined && ["waiting", "running"].includes(phaseOf(task));
}

/**
 * The task that is the container as it is now: the newest one, unless that waits, or waited in vain, beside one that runs on.
 *
 * @param tasks Of one service.
 */
export function presentTask(tasks: readonly SwarmTask[]): SwarmTask | undefined {
  const ordered = inOrder(tasks);
  return ordered.findLast((task) => phaseOf(task) === "running") ?? ordered.at(-1);
}

const ON_MACHINE = "node.id==";

/** Id of the machine on which a service must run; undefined for any. */
export function machineOf({ TaskTemplate }: SwarmService["Spec"]): string | undefined {
  const constraints = TaskTemplate.Placement.Constraints ?? [];
  return constraints.find((text) => text.startsWith(ON_MACHINE))?.slice(ON_MACHINE.length);
}

/** What binds a service to a machine instead of the one that it was bound to. */
export function onMachine(
  { TaskTemplate }: SwarmService["Spec"],
  machine: string,
): SwarmService["Spec"]["TaskTemplate"] {
  const others = (TaskTemplate.Placement.Constraints ?? []).filter((text) => !text.startsWith(ON_MACHINE));
  const Constraints = [...others, `${ON_MACHINE}${machine}`];
  return { ...TaskTemplate, Placement: { ...TaskTemplate.Placement, Constraints } };
}

/** Of tasks of one service, those of an earlier start first. */
export function inOrder(tasks: readonly SwarmTask[]): SwarmTask[] {
  return tasks.toSorted(
    (left, right) =>
      left.Spec.ForceUpdate - right.Spec.ForceUpdate ||
      Date.parse(left.CreatedAt) - Date.parse(right.CreatedAt),
  );
}

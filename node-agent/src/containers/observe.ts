import type { ContainerInspectInfo } from "dockerode";
import { areSame } from "../domain/are-same.ts";
import { type ObservedContainer, type SandboxState } from "../domain/observed.ts";
import { type RunningLimits } from "../domain/workload.ts";
import { limitsOf } from "./resize.ts";
import { gpusOf } from "./card-keeper.ts";
import { LABEL, type Labels, networkNameOf, readLabels } from "./labels.ts";

const JOINED = "container:";

/** Id of the container whose network namespace another one joins; undefined when it has one of its own. */
export function sandboxIdOf({
  HostConfig: { NetworkMode: mode = "" },
}: ContainerInspectInfo): string | undefined {
  return mode.startsWith(JOINED) ? mode.slice(JOINED.length) : undefined;
}

interface ObserveInit {
  /** Whether the owner wants sandboxes: what is otherwise made is to be made anew. */
  readonly isRequired: boolean;
  /** Bytes on disk, by id. */
  readonly disk: ReadonlyMap<string, number>;
}

/** What was observed, which stays the very same while the engine tells the very same. */
export class Observations {
  #last: { readonly found: readonly ContainerInspectInfo[]; readonly init: ObserveInit } | undefined;
  #observed: readonly ObservedContainer[] = [];

  /** @param found What the engine tells of each container of the node. */
  of(found: readonly ContainerInspectInfo[], init: ObserveInit): readonly ObservedContainer[] {
    const last = this.#last;
    const isSame =
      last?.init.isRequired === init.isRequired && last.init.disk === init.disk && areSame(last.found, found);
    if (!isSame) this.#observed = observedOf(found, init);
    this.#last = { found, init };
    return this.#observed;
  }
}

/**
 * The containers of tenants among what a node has made, each with what its sandbox tells, and sandboxes that wait for
 * theirs. Anything else is nobody's.
 */
function observedOf(
  found: readonly ContainerInspectInfo[],
  { isRequired, disk }: ObserveInit,
): ObservedContainer[] {
  const labelled = found.flatMap((info) => {
    const labels = readLabels(info.Config.Labels);
    return labels === undefined ? [] : [{ info, labels }];
  });
  const tenants = labelled.filter(({ labels }) => labels[LABEL.role] === undefined);
  const sandboxes = labelled.filter(({ labels }) => labels[LABEL.role] === "sandbox");
  const byId = new Map(sandboxes.map(({ info }) => [info.Id, info]));
  const made = new Set(tenants.map(({ labels }) => specKeyOf(labels)));
  return [
    ...tenants.map(({ info, labels }) => ({
      ...containerOf(info, labels, sandboxOf(info, byId, isRequired)),
      diskBytes: disk.get(info.Id) ?? null,
    })),
    ...sandboxes
      .filter(({ labels }) => !made.has(specKeyOf(labels)))
      .map(({ info, labels }) => waitingOf(info, labels)),
  ];
}

/** Two leases may have the same digest. */
function specKeyOf(labels: Labels): string {
  return `${labels[LABEL.lease]}/${labels[LABEL.digest]}`;
}

interface Sandbox {
  readonly state: SandboxState;
  /** Whose network it is. */
  readonly info: ContainerInspectInfo;
}

function sandboxOf(
  info: ContainerInspectInfo,
  byId: ReadonlyMap<string, ContainerInspectInfo>,
  isRequired: boolean,
): Sandbox {
  const id = sandboxIdOf(info);
  if (id === undefined) return { state: isRequired ? "missing" : "whole", info };
  const sandbox = byId.get(id);
  if (sandbox === undefined || !isRequired) return { state: "missing", info };
  if (!isUp(info)) return { state: "whole", info: sandbox };
  // One that was started after the container holds another namespace than the container has.
  const isJoined = isUp(sandbox) && startOf(sandbox) <= startOf(info);
  return { state: isJoined ? "whole" : "stale", info: sandbox };
}

function containerOf(
  info: ContainerInspectInfo,
  labels: Labels,
  sandbox: Sandbox,
): Omit<ObservedContainer, "diskBytes"> {
  const { State: state } = info;
  const isRunning = isUp(info);
  const leaseHash = labels[LABEL.lease];
  const address = sandbox.info.NetworkSettings.Networks[networkNameOf(leaseHash)]?.IPAddress ?? "";
  return {
    ...placeOf(info, labels),
    state: isRunning ? "running" : state.Status === "created" ? "created" : "exited",
    exitCode: isRunning ? null : state.ExitCode,
    outOfMemory: state.OOMKilled,
    startedAt: timeOf(state.StartedAt),
    finishedAt: timeOf(state.FinishedAt),
    address: isRunning && sandbox.state === "whole" && address !== "" ? address : null,
    sandbox: sandbox.state,
    limits: knownLimits(info),
    ...processOf(info),
    image: info.Config.Image,
  };
}

function processOf(info: ContainerInspectInfo): Pick<ObservedContainer, "pid"> {
  const { Pid: pid } = info.State;
  return isUp(info) && pid > 0 ? { pid } : {};
}

/** An engine whose kernel knows no such limit leaves it out; then there is nothing to change. */
function knownLimits(info: ContainerInspectInfo): RunningLimits | null {
  const limits = limitsOf(info);
  return limits.milliCpu > 0 && limits.memoryBytes > 0n ? limits : null;
}

function waitingOf(info: ContainerInspectInfo, labels: Labels): ObservedContainer {
  return {
    ...placeOf(info, labels),
    ...{ state: "created", exitCode: null, outOfMemory: false, startedAt: null, finishedAt: null },
    ...{ address: null, sandbox: "alone", diskBytes: null, limits: null },
  };
}

function placeOf(info: ContainerInspectInfo, labels: Labels) {
  return {
    id: info.Id,
    leaseHash: labels[LABEL.lease],
    lid: labels[LABEL.lid],
    service: labels[LABEL.service],
    replica: labels[LABEL.replica],
    version: labels[LABEL.version],
    digest: labels[LABEL.digest],
    gpus: gpusOf(labels[LABEL.gpus]),
  };
}

function isUp({ State: { Running: isRunning, Paused: isPaused } }: ContainerInspectInfo): boolean {
  return isRunning || isPaused;
}

function startOf({ State: { StartedAt: startedAt } }: ContainerInspectInfo): number {
  return timeOf(startedAt) ?? Number.NaN;
}

/** The engine writes the year 1 for "never". */
function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return Number.isFinite(time) && time > 0 ? time : null;
}

import { type RunningLimits } from "../../domain/workload.ts";
import { NANO_CPUS_PER_MILLI } from "../container-options.ts";
import { onPrepared } from "./service-options.ts";
import { machineOf, onMachine, STOPPED, type SwarmService } from "./swarm-facts.ts";

type Spec = SwarmService["Spec"];

/**
 * Another number makes another task, also of a service whose last one has ended.
 *
 * @param machine On which it must run, where it is bound to one.
 */
export function startedSpec(spec: Spec, machine: string | undefined): Spec {
  const labels = Object.entries(spec.Labels ?? {}).filter(([name]) => name !== STOPPED);
  const { TaskTemplate } = spec;
  const placed =
    machine === undefined || machineOf(spec) === machine ? TaskTemplate : onMachine(spec, machine);
  return {
    ...spec,
    Labels: Object.fromEntries(labels),
    TaskTemplate: { ...onPrepared(placed), ForceUpdate: TaskTemplate.ForceUpdate + 1 },
    Mode: { Replicated: { Replicas: 1 } },
  };
}

export function stoppedSpec(spec: Spec): Spec | undefined {
  if (spec.Mode.Replicated.Replicas === 0) return undefined;
  const labels = { ...spec.Labels, [STOPPED]: Date.now().toString() };
  return { ...spec, Labels: labels, Mode: { Replicated: { Replicas: 0 } } };
}

/** What it may use is reserved, too. */
export function resizedSpec(spec: Spec, { milliCpu, memoryBytes }: RunningLimits): Spec {
  const own = { NanoCPUs: milliCpu * NANO_CPUS_PER_MILLI, MemoryBytes: Number(memoryBytes) };
  const { Resources: known } = spec.TaskTemplate;
  const Resources = {
    ...known,
    Limits: { ...known.Limits, ...own },
    Reservations: { ...(known["Reservations"] as object | undefined), ...own },
  };
  return { ...spec, TaskTemplate: { ...onPrepared(spec.TaskTemplate), Resources } };
}

import { type ContainerInspectInfo } from "dockerode";
import { type ObservedContainer } from "../domain/observed.ts";
import { LABEL, networkNameOf, readLabels } from "./labels.ts";

/** Undefined for a container that is not the agent's after all. */
export function observedOf(info: ContainerInspectInfo): ObservedContainer | undefined {
  const labels = readLabels(info.Config.Labels);
  if (labels === undefined) return undefined;
  const { State: state } = info;
  const leaseHash = labels[LABEL.lease];
  const isRunning = state.Running || state.Paused;
  const address = info.NetworkSettings.Networks[networkNameOf(leaseHash)]?.IPAddress ?? "";
  return {
    id: info.Id,
    leaseHash,
    lid: labels[LABEL.lid],
    service: labels[LABEL.service],
    replica: labels[LABEL.replica],
    version: labels[LABEL.version],
    digest: labels[LABEL.digest],
    state: isRunning ? "running" : state.Status === "created" ? "created" : "exited",
    exitCode: isRunning ? null : state.ExitCode,
    outOfMemory: state.OOMKilled,
    startedAt: timeOf(state.StartedAt),
    finishedAt: timeOf(state.FinishedAt),
    address: isRunning && address !== "" ? address : null,
  };
}

/** The engine writes the year 1 for "never". */
function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return Number.isFinite(time) && time > 0 ? time : null;
}

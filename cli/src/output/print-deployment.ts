import { type ServiceStatus } from "@fizz/protocol/messages";
import { type DeploymentView } from "../deployment/lease-view.ts";
import { showTime } from "./format.ts";
import { formatFacts, formatTable } from "./table.ts";
import { type Terminal } from "./terminal.ts";

/** A deployment for people, on stdout. */
export function printDeployment(
  terminal: Terminal,
  view: DeploymentView,
  more: readonly (readonly [string, string])[] = [],
): void {
  const { ready, total } = view.replicas;
  // A running deployment has replicas: none means that the node did not say.
  const known = total > 0 ? `${ready}/${total} ready` : "not known";
  terminal.data(`Lease ${view.lid}: ${view.state}`);
  const replicas: readonly [string, string] = ["Replicas", view.state === "closed" ? "none" : known];
  terminal.stdout(
    formatFacts([["Node", `${view.node}`], replicas, ["Manifest", view.manifestHash], ...more]),
  );
  if (view.endpoints.length === 0) return;
  terminal.data("Endpoints");
  const rows = view.endpoints.map(({ service, replica, port, protocol, url }) => [
    `${service}-${replica}`,
    `${port}/${protocol}`,
    url,
  ]);
  terminal.stdout(formatTable(["SERVICE", "PORT", "URL"], rows));
}

/** Containers of a deployment for people, on stdout. */
export function printServices(terminal: Terminal, services: readonly ServiceStatus[]): void {
  if (services.length === 0) return;
  terminal.data("Services");
  const rows = services.map(({ service, replica, state, ready, restarts, exitCode, startedAt, health }) => [
    `${service}-${replica}`,
    exitCode === null || state === "running" ? state : `${state} (${exitCode})`,
    ready ? "ready" : health === undefined ? "not ready" : `not ready (${health})`,
    `${restarts}`,
    startedAt === null ? "-" : showTime(startedAt),
  ]);
  terminal.stdout(formatTable(["SERVICE", "STATE", "READY", "RESTARTS", "STARTED"], rows));
}

import { type LeaseEvent } from "@fizz/protocol/messages";
import { type Terminal } from "../output/terminal.ts";

type Kind = "step" | "done" | "warn";

/** How an event is shown: what begins, what is done, what went wrong. Others only add to the record. */
const kinds: Readonly<Record<string, Kind>> = {
  "manifest.refused": "warn",
  "deployment.initializing": "step",
  "image.pull.started": "step",
  "image.pulled": "done",
  "image.pull.failed": "warn",
  "container.creating": "step",
  "container.created": "done",
  "container.starting": "step",
  "container.started": "done",
  "container.exited": "warn",
  "container.oom": "warn",
  "container.failed": "warn",
  "container.network_lost": "warn",
  "container.disk.exceeded": "warn",
  "container.healthy": "done",
  "container.unhealthy": "warn",
  "container.resized": "done",
  "container.resize_refused": "warn",
  "container.parked": "step",
  "container.returned": "warn",
  "gpu.lost": "warn",
  "network.applying": "step",
  "network.applied": "done",
  "doors.opened": "done",
  "doors.failed": "warn",
  "deployment.started": "done",
  "deployment.failed": "warn",
  "lease.confirmed": "done",
  "lease.declined": "warn",
  "update.requested": "step",
  "update.applied": "done",
  "update.declined": "warn",
  "update.expired": "warn",
  "engine.unreachable": "warn",
  "engine.reachable": "done",
  "chain.unreachable": "warn",
  "chain.reachable": "done",
};

/** Shows an event of the node as progress. */
export function describeEvent(terminal: Terminal, event: LeaseEvent): void {
  const kind = Object.hasOwn(kinds, event.code) ? kinds[event.code] : undefined;
  const where =
    event.service === undefined
      ? ""
      : `${event.service}${event.replica === undefined ? "" : `-${event.replica}`}: `;
  const text = `${where}${event.message}`;
  if (kind === "warn") terminal.warn(`${text} [${event.code}]`);
  else if (kind === "done") terminal.done(text);
  else if (kind === "step" || event.code === "image.pull.progress") terminal.step(text);
}

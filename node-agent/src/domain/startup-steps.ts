import { type LeaseEventCode } from "@fizz/protocol/messages";

/** The steps of a start, in the words that `logs --startup` shows. */
export const startupText = {
  "deployment.initializing": "Initializing deployment",
  "image.pull.started": "Pulling container image",
  "image.pulled": "Image pulled",
  "container.creating": "Creating container",
  "container.created": "Container created",
  "container.starting": "Starting container",
  "container.started": "Container started",
  "network.applying": "Applying network configurations",
  "network.applied": "Network configurations applied",
  "deployment.started": "Deployment startup complete",
} as const satisfies Partial<Record<LeaseEventCode, string>>;
export type StartupStep = keyof typeof startupText;

/** Codes that `logs --startup` shows: the steps, and what may go wrong on the way. */
export const startupCodes: ReadonlySet<string> = new Set<string>([
  ...Object.keys(startupText),
  "image.pull.progress",
  "image.pull.failed",
  "image.port_silent",
  "container.failed",
  "container.exited",
  "container.oom",
  "container.disk.exceeded",
  "container.healthy",
  "container.unhealthy",
  "doors.failed",
  "deployment.failed",
  "lease.declined",
]);

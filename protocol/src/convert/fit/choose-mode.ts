import { modeTable } from "../../manifest/mode-table.ts";
import { type Mode } from "../../manifest/types.ts";
import { type Draft, type DraftExpose, type DraftService } from "../draft.ts";
import { completeResources } from "./complete-resources.ts";
import { overLimits } from "./limits.ts";

/** The mode in which most of a draft can be kept; told as a finding. Fizz mode, unless something is only in provider mode. */
export function chooseMode(draft: Draft): Mode {
  const reasons = reasonsForProvider(draft);
  const mode = reasons.length === 0 ? "fizz" : "provider";
  const shown = reasons.slice(0, 3).join("; ");
  draft.spot.note("CONVERT_MODE_CHOSEN", {
    found: reasons.length === 0 ? "nothing that needs a provider" : shown,
    done: `mode: ${mode}`,
    message:
      mode === "fizz"
        ? "Fizz mode was chosen: community machines can run this. --mode provider chooses the other."
        : `Provider mode was chosen, since Fizz mode does not have ${shown}. --mode fizz chooses the other.`,
  });
  return mode;
}

function reasonsForProvider(draft: Draft): string[] {
  const sums = overLimits(draft.services.map(completeResources)).map(({ name }) => `so much ${name}`);
  return [...new Set([...draft.services.flatMap(reasonsOf), ...sums])];
}

function reasonsOf({ name, expose, volumes }: DraftService): string[] {
  return [
    ...expose.flatMap((door) => reasonsOfDoor(name, door)),
    ...volumes.flatMap((volume) => {
      if (volume.class === "ephemeral") return [];
      return [volume.class === "ram" ? `shared memory (${name})` : `persistent volumes (${name})`];
    }),
  ];
}

function reasonsOfDoor(service: string, { first, last, as, accept, httpOptions }: DraftExpose): string[] {
  const { refusedPorts } = modeTable.fizz;
  const ports = refusedPorts.filter((port) => (first <= port && port <= last) || as === port);
  const routed =
    accept.length > 0 || httpOptions !== null ? [`host names and HTTP options (${service})`] : [];
  return [...ports.map((port) => `port ${port} (${service})`), ...routed];
}

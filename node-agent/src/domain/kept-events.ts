import { startupText } from "./startup-steps.ts";

/** Newest events of a lease that are kept, whatever they are. */
export const MAX_EVENTS_PER_LEASE = 2_000;
/** Newest steps of starts that are kept beyond those: what ends every minute for months must not take the start-up log along. */
export const MAX_KEPT_STEPS = 500;

/** With each attempt whatever may end it: what has no end in the journal is told again (`missedEvents`). */
const steps: ReadonlySet<string> = new Set([
  ...Object.keys(startupText),
  "container.failed",
  "lease.confirmed",
]);

/** Whether an event is a step of a start. */
export function isStep({ code }: { readonly code: string }): boolean {
  return steps.has(code);
}

/** What is kept of the events of a lease, in order. */
export function keptEvents<Event extends { readonly code: string; readonly cursor: number }>(
  events: readonly Event[],
): Event[] {
  const newest = events.at(-1)?.cursor ?? 0;
  const first = events.filter(isStep).at(-MAX_KEPT_STEPS)?.cursor ?? 0;
  return events.filter(
    (event) => event.cursor > newest - MAX_EVENTS_PER_LEASE || (isStep(event) && event.cursor >= first),
  );
}

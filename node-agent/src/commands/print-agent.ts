import { diskMethodTexts } from "@fizz/protocol/messages";
import { type RefusalCount } from "../domain/quote-counts.ts";
import { type AgentStatus, type PricingReport } from "../owner-ports.ts";

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;
/** Reasons that are shown, the most frequent first. */
const MAX_SHOWN = 12;

/** What a person reads of the running agent. @param now Unix milliseconds */
export function agentLines(agent: AgentStatus | undefined, now: number): string[] {
  if (agent === undefined) return ["Agent      does not run on this data folder"];
  const { version, startedAt, subnetId, closedFor, quotes, busy, pricing, disk, stopping } = agent;
  const session = subnetId === null ? "no session with a gateway" : `in session with subnet ${subnetId}`;
  const { orders, quoted, refusals } = quotes;
  return [
    `Agent      ${version}, up ${durationOf(now - startedAt)}, ${session}`,
    ...closedFor.map((why) => `Closed     takes no new orders: ${why}`),
    `Disk       held to its lease ${diskMethodTexts[disk].name}: ${diskMethodTexts[disk].meaning}`,
    ...(busy === null ? [] : [`Busy       ${busyText(busy, now)}`]),
    ...(pricing === null ? [] : pricingLines(pricing, now)),
    ...(stopping === null ? [] : [`Ends       ${endOf(stopping.deadline)}`]),
    `Orders     ${orders} in ${durationOf(now - quotes.since)}: ${quoted} quoted, ${orders - quoted} refused`,
    ...refusals.slice(0, MAX_SHOWN).map(refusalLine),
    ...(refusals.length > MAX_SHOWN
      ? [`           ${refusals.length - MAX_SHOWN} more reasons: -o json`]
      : []),
  ];
}

/** What a person reads of the owner's hours. */
export function busyText({ from, to, reclaims }: NonNullable<AgentStatus["busy"]>, now: number): string {
  const [start, end] = [from, to].map((time) =>
    new Date(time).toLocaleString("en-GB", { timeZoneName: "short" }),
  );
  const when = from <= now ? `now, until ${end ?? ""}` : `next from ${start ?? ""} to ${end ?? ""}`;
  return `${when}; leases that run then ${reclaims ? "are given notice in time" : "run on (FIZZ_NODE_RECLAIM=0)"}`;
}

function pricingLines({ runs, failures, lastFailure }: PricingReport, now: number): string[] {
  const last =
    lastFailure === null ? "" : `, ${durationOf(now - lastFailure.at)} ago: ${lastFailure.message}`;
  return [`Pricing    the script ran ${runs} times and failed ${failures} times${last}`];
}

function endOf(deadline: number | null): string {
  return deadline === null
    ? "with its last lease"
    : `with its last lease, at the latest at ${new Date(deadline).toISOString()}`;
}

function refusalLine({ count, code, message }: RefusalCount): string {
  return `  refused  ${count.toString().padStart(5)} × ${code}: ${message}`;
}

function durationOf(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / MS_PER_MINUTE));
  const [hours, rest] = [Math.floor(minutes / MINUTES_PER_HOUR), minutes % MINUTES_PER_HOUR];
  return hours === 0 ? `${rest} min` : `${hours} h ${rest} min`;
}

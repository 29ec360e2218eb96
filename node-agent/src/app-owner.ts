import { ProtocolError } from "@fizz/protocol/errors";
import { type DiskMethod, type Offer } from "@fizz/protocol/messages";
import { OPERATOR_SOCKET, OperatorSocket, socketPathOf } from "@fizz/protocol/node";
import { z } from "zod";
import { busyRefusal } from "./domain/busy-hours.ts";
import { type BusyTime, type Calendar, nextBusyTime } from "./domain/calendar.ts";
import { type ChainSnapshot } from "./domain/lease-record.ts";
import { QuoteCounts } from "./domain/quote-counts.ts";
import { ReclaimWatch } from "./leases/reclaim-watch.ts";
import { StopDesk } from "./leases/stop-desk.ts";
import { type Logger } from "./observability/logger.ts";
import { type AgentStatus, type Pricing, type QuoteCounter, type QuoteGate } from "./owner-ports.ts";
import { type Chain, type Clock } from "./ports.ts";

/** Longest time that a stop may wait: thirty days. */
const MAX_STOP_SECONDS = 30 * 86_400;
const MS_PER_SECOND = 1_000;

const stopSchema = z.strictObject({ withinSeconds: z.number().min(0).max(MAX_STOP_SECONDS).nullable() });

export interface OwnerComponents {
  readonly clock: Clock;
  readonly log: Logger;
  /** Leases of this node that are not closed; undefined before the first look at the chain. */
  readonly leases: () => number | undefined;
  readonly subnetId: () => number | undefined;
  /** The offer has changed. */
  readonly onChange: () => void;
  readonly pricing: Pricing;
  /** Of other parts. */
  readonly gates: readonly QuoteGate[];
  readonly chain: Chain;
  /** Newest look at the chain; undefined before the first. */
  readonly snapshot: () => ChainSnapshot | undefined;
}

export interface OwnerInit {
  readonly nodeId: bigint;
  readonly startWindowSeconds: number;
  readonly noticeSeconds: number;
  /** When the owner needs the machine, and whether leases are then taken back. */
  readonly calendar: Calendar;
  readonly reclaims: boolean;
  readonly dataDir: string;
  readonly agentVersion: string;
  readonly diskMethod: DiskMethod;
}

/** What the machine's owner asks of the running agent, and what it keeps for that. */
export interface OwnerParts {
  readonly counter: QuoteCounter;
  readonly gates: readonly QuoteGate[];
  readonly pricing: Pricing;
  readonly busy: () => Offer["busy"];
  /** Aborts when the owner has stopped the agent. */
  readonly ended: AbortSignal;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createOwnerParts(components: OwnerComponents, init: OwnerInit): OwnerParts {
  const { clock, leases, subnetId, pricing } = components;
  const startedAt = clock.now();
  const counts = new QuoteCounts(startedAt);
  let lastQuoteAt: number | undefined;
  const counter: QuoteCounter = {
    quoted: (now) => {
      lastQuoteAt = now;
      counts.quoted(now);
    },
    refused: (now, reasons) => {
      counts.refused(now, reasons);
    },
  };
  const desk = new StopDesk({ ...components, lastQuoteAt: () => lastQuoteAt });
  const { calendar, reclaims } = init;
  const busyAt = (now: number): BusyTime | undefined => nextBusyTime(calendar, now);
  const gates: QuoteGate[] = [
    (order) => desk.gate(order),
    (order) => busyRefusal(order, { ...init, busy: busyAt(clock.now()) }, clock.now()),
    ...components.gates,
  ];
  const watch = new ReclaimWatch({ ...components, busy: busyAt }, init);
  const status = (): AgentStatus => ({
    version: init.agentVersion,
    startedAt,
    subnetId: subnetId() ?? null,
    leases: leases() ?? null,
    closedFor: gates.flatMap((gate) => gate({ durationSeconds: 1, isUpdate: false })?.message ?? []),
    quotes: counts.report(clock.now()),
    busy: withReclaims(busyAt(clock.now()), reclaims) ?? null,
    pricing: pricing.report() ?? null,
    disk: init.diskMethod,
    stopping: desk.times() ?? null,
  });
  const socket = ownerSocket(init.dataDir, { desk, status });
  const { ended } = desk;
  return {
    ...{ counter, gates, pricing, ended },
    busy: () => offeredBusy(busyAt(clock.now()), reclaims),
    start: async () => {
      await socket.start();
      watch.start();
    },
    stop: async () => {
      await watch.stop();
      await socket.stop();
    },
  };
}

/** `GET /status` and `POST /stop`. */
function ownerSocket(
  dataDir: string,
  { desk, status }: { readonly desk: StopDesk; readonly status: () => AgentStatus },
): OperatorSocket {
  return new OperatorSocket(socketPathOf(dataDir, OPERATOR_SOCKET), async (call, readBody) => {
    if (call === "GET /status") return status();
    if (call !== "POST /stop")
      throw new ProtocolError("INPUT_INVALID", "There are GET /status and POST /stop.");
    const wish = stopSchema.safeParse(await readBody());
    if (!wish.success)
      throw new ProtocolError(
        "INPUT_INVALID",
        `withinSeconds is null, or a number from 0 to ${MAX_STOP_SECONDS}.`,
      );
    const { withinSeconds } = wish.data;
    return desk.stop(withinSeconds === null ? null : withinSeconds * MS_PER_SECOND);
  });
}

function withReclaims(busy: BusyTime | undefined, reclaims: boolean): AgentStatus["busy"] | undefined {
  return busy === undefined ? undefined : { ...busy, reclaims };
}

/** In seconds, as messages have it. */
function offeredBusy(busy: BusyTime | undefined, reclaims: boolean): Offer["busy"] {
  if (busy === undefined) return undefined;
  return { from: Math.floor(busy.from / MS_PER_SECOND), to: Math.floor(busy.to / MS_PER_SECOND), reclaims };
}

import { type ErrorCode } from "@fizz/protocol/errors";
import { type Pulse } from "@fizz/protocol/typed-data";
import { zeroHash } from "viem";

/** How far a pulse's time may be behind the gateway's clock, and ahead of it, in seconds. */
export const MAX_PULSE_AGE_SECONDS = 60;
export const MAX_PULSE_AHEAD_SECONDS = 15;
/** Least time between two pulses of one node, in seconds. */
export const MIN_PULSE_GAP_SECONDS = 20;

export interface PulseFacts {
  readonly nodeId: bigint;
  readonly subnetId: number;
  /** Unix seconds. */
  readonly now: number;
  /** When this process began to sign, Unix seconds: what was signed before, it does not know. */
  readonly since: number;
  /** Time of the node's newest pulse that is signed; undefined when there is none. */
  readonly newestAt: number | undefined;
}

export interface PulseRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Why a pulse is not signed, whoever signed it; undefined when it may be. Two different ones for one second would cost
 * the gateway its stake: each has a later time than the one before, and none a time that an earlier process may have
 * signed for.
 */
export function refusalOfPulse(pulse: Pulse, facts: PulseFacts): PulseRefusal | undefined {
  return refusalOfWhom(pulse, facts) ?? refusalOfTime(pulse, facts) ?? refusalOfOrder(pulse, facts);
}

function refusalOfWhom(pulse: Pulse, { nodeId, subnetId }: PulseFacts): PulseRefusal | undefined {
  if (pulse.nodeId !== nodeId)
    return invalid(`It is of node ${pulse.nodeId}; this connection is of node ${nodeId}.`);
  if (pulse.subnetId !== subnetId)
    return invalid(`It is for subnet ${pulse.subnetId}; this gateway runs subnet ${subnetId}.`);
  if ((pulse.leases === 0) !== (pulse.leaseRoot === zeroHash))
    return invalid("Its root and its number of leases do not fit.");
  return undefined;
}

function refusalOfTime({ at }: Pulse, { now, since }: PulseFacts): PulseRefusal | undefined {
  const code = "PULSE_OUT_OF_TIME";
  if (at < now - MAX_PULSE_AGE_SECONDS || at > now + MAX_PULSE_AHEAD_SECONDS)
    return { code, message: `The pulse is of second ${at}; at the gateway it is ${now}. Set the clock.` };
  if (at <= since + MAX_PULSE_AHEAD_SECONDS)
    return { code, message: "The gateway has just begun; what it signed before is not known. Try again." };
  return undefined;
}

function refusalOfOrder({ at }: Pulse, { newestAt }: PulseFacts): PulseRefusal | undefined {
  if (newestAt === undefined || at >= newestAt + MIN_PULSE_GAP_SECONDS) return undefined;
  if (at > newestAt)
    return { code: "RATE_LIMITED", message: `A pulse is signed every ${MIN_PULSE_GAP_SECONDS} s at most.` };
  return { code: "PULSE_REPEATED", message: `A pulse of second ${newestAt} is signed already.` };
}

function invalid(message: string): PulseRefusal {
  return { code: "PULSE_INVALID", message };
}

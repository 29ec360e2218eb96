import { type FizzDomain } from "@fizz/protocol/typed-data";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { SessionGate } from "../../../node-agent/src/leases/session-gate.ts";
import { type LeaseStore } from "../../../node-agent/src/ports.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";

/** The gate of a node, with what runs behind it. */
export function sessionGate(store: LeaseStore, init: { nodeId: bigint; domain: FizzDomain }): SessionGate {
  return new SessionGate({ store, clock, live: new LiveGrants(clock) }, init);
}

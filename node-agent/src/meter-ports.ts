import { type MachineFacts, type Measurement } from "./domain/measurement.ts";

/** Looks at the machine, and works it. */
export interface CapacityMeter {
  /** What is there now. Quick. @throws ProtocolError CAPACITY_UNMEASURED */
  facts(signal: AbortSignal): Promise<MachineFacts>;
  /** Works for some seconds, on every thread. @throws ProtocolError CAPACITY_UNMEASURED */
  measure(signal: AbortSignal): Promise<Measurement>;
}

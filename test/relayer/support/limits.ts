import { type DoorLimits } from "../../../relayer/src/doors/door-guard.ts";

/** The defaults of the gateway's configuration. */
export const LIMITS: DoorLimits = {
  total: 8_192,
  perLease: 2_048,
  perDoor: 1_024,
  perAddress: 256,
  perNode: 2_048,
  unnamed: 2_048,
  unnamedPerAddress: 256,
  newPerAddress: 1_000,
  newPerLease: 2_000,
  idleMs: 3_600_000,
  halfClosedMs: 300_000,
  bytesPerSecondPerLease: 0,
};

import { type DoorLimits } from "../../../relayer/src/doors/door-keeper.ts";

/** The defaults of the gateway's configuration. */
export const LIMITS: DoorLimits = { total: 8_192, perLease: 2_048, perDoor: 1_024, perAddress: 256 };

import { type Config } from "./config.ts";
import { type DoorLimits } from "./doors/door-guard.ts";

const MS_PER_SECOND = 1_000;

/** Settings that the doors take while they are open. */
export const DOOR_SETTINGS = [
  "maxConnections",
  "maxConnectionsPerLease",
  "maxConnectionsPerDoor",
  "maxConnectionsPerAddress",
  "maxConnectionsPerNode",
  "maxUnnamedConnections",
  "maxUnnamedConnectionsPerAddress",
  "newConnectionsPerAddress",
  "newConnectionsPerLease",
  "idleSeconds",
  "halfClosedSeconds",
  "bytesPerSecondPerLease",
  "trustProxy",
] as const satisfies readonly (keyof Config)[];

/** The limits of doors that the settings say. */
export function doorLimits(config: Config): DoorLimits {
  return {
    total: config.maxConnections,
    perLease: config.maxConnectionsPerLease,
    perDoor: config.maxConnectionsPerDoor,
    perAddress: config.maxConnectionsPerAddress,
    perNode: config.maxConnectionsPerNode,
    unnamed: config.maxUnnamedConnections,
    unnamedPerAddress: config.maxUnnamedConnectionsPerAddress,
    newPerAddress: config.newConnectionsPerAddress,
    newPerLease: config.newConnectionsPerLease,
    idleMs: config.idleSeconds * MS_PER_SECOND,
    halfClosedMs: config.halfClosedSeconds * MS_PER_SECOND,
    bytesPerSecondPerLease: config.bytesPerSecondPerLease,
  };
}

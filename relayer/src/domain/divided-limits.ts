/** Limits of one wallet, address, lease, door or node that each process counts by itself. */
const COUNTED_EACH = [
  "maxConnectionsPerLease",
  "maxConnectionsPerDoor",
  "maxConnectionsPerAddress",
  "maxConnectionsPerNode",
  "maxUnnamedConnectionsPerAddress",
  "newConnectionsPerAddress",
  "newConnectionsPerLease",
  "bytesPerSecondPerLease",
  "rateLimit",
  "walletRateLimit",
] as const;

type Counted = Readonly<Record<(typeof COUNTED_EACH)[number], number>> & { readonly limitShare: number };

/** The part of these limits that is one process's, rounded up; 0, which is no limit, stays 0. */
export function divideLimits<Settings extends Counted>(settings: Settings): Settings {
  const parts = COUNTED_EACH.map((key) => [key, Math.ceil(settings[key] / settings.limitShare)] as const);
  return { ...settings, ...Object.fromEntries(parts) };
}

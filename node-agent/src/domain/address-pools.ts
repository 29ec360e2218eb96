import { parseRange } from "./address-range.ts";

/** A range of which an engine makes networks, each with `size` fixed bits, 0 to 32. */
export interface AddressPool {
  /** As `172.17.0.0/16`. */
  readonly base: string;
  readonly size: number;
}

/**
 * Those of an engine that is told none: 15 networks of /16 and 16 of /20.
 *
 * Source: `localScopeDefaultNetworks` in Moby's libnetwork/ipamutils.
 */
const BUILT_IN: readonly AddressPool[] = [
  ...["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16"].map((base) => ({ base, size: 16 })),
  ...["172.20.0.0/14", "172.24.0.0/14", "172.28.0.0/14"].map((base) => ({ base, size: 16 })),
  { base: "192.168.0.0/16", size: 20 },
];

/** 4,096 networks of 254 addresses: the range that engines use anyway, with 256 that no network of before is in the way of. */
const ADVICE = '"default-address-pools": [{"base": "172.16.0.0/12", "size": 24}]';

/** Networks that pools have room for. IPv6 makes none of ours. @param pools None for an engine that was told none. */
export function networksIn(pools: readonly AddressPool[]): number {
  const told = pools.length === 0 ? BUILT_IN : pools;
  return told.reduce((sum, { base, size }) => {
    const prefix = Number(parseRange(base)?.split("/")[1] ?? Number.NaN);
    return size >= prefix ? sum + 2 ** (size - prefix) : sum;
  }, 0);
}

/** What is wrong where each lease needs a network. @param others Networks that are not leases'. */
export function lackOfNetworks(init: {
  readonly pools: readonly AddressPool[];
  readonly others: number;
  readonly maxLeases: number;
}): string | undefined {
  const { pools, others, maxLeases } = init;
  const room = Math.max(0, networksIn(pools) - others);
  if (room >= maxLeases) return undefined;
  return (
    `FIZZ_NODE_MAX_LEASES is ${maxLeases}, and the engine has addresses for ${room} more networks, one a lease: ` +
    `put ${ADVICE} in daemon.json and restart the engine`
  );
}

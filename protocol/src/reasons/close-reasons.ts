export type ReasonParty = "tenant" | "node" | "network";

/** Why a lease ended or an update was dropped. 1–9999 tenant, 10000–19999 node, 20000–29999 network. */
export const closeReasons = {
  "tenant.closed": 1,
  "tenant.cancelled": 2,
  "tenant.update_withdrawn": 3,
  "node.unspecified": 10_000,
  "node.image_pull_failed": 10_001,
  "node.start_failed": 10_002,
  "node.manifest_invalid": 10_003,
  "node.manifest_mismatch": 10_004,
  "node.no_capacity": 10_005,
  "node.manifest_timeout": 10_006,
  "node.reclaimed": 10_007,
  "node.draining": 10_008,
  "node.update_failed": 10_009,
  "node.no_public_ports": 10_010,
  "node.resources_in_use": 10_011,
  "network.start_deadline": 20_000,
  "network.funds_exhausted": 20_001,
  "network.no_show": 20_002,
  "network.update_expired": 20_003,
} as const;

export type CloseReason = keyof typeof closeReasons;

const nameByCode = new Map<number, CloseReason>(
  Object.entries(closeReasons).map(([name, code]) => [code, name as CloseReason]),
);

/** The printed name of a reason code, `unknown(<code>)` for a code of a later version. */
export function nameOfReason(code: number): string {
  return nameByCode.get(code) ?? `unknown(${code})`;
}

/** Whether a code lies in the range of a party. */
export function isReasonOf(party: ReasonParty, code: number): boolean {
  const ranges = { tenant: [1, 9_999], node: [10_000, 19_999], network: [20_000, 29_999] } as const;
  const [min, max] = ranges[party];
  return code >= min && code <= max;
}

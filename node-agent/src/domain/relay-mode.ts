/** Whether the gateway is asked to pay for calls: when the key cannot, always, or never. */
export const relayModes = ["auto", "always", "never"] as const;
export type RelayMode = (typeof relayModes)[number];

/** @param coins Both in wei. */
export function shouldRelay(
  mode: RelayMode,
  { balance, need }: { readonly balance: bigint; readonly need: bigint },
): boolean {
  switch (mode) {
    case "always":
      return true;
    case "never":
      return false;
    case "auto":
      return balance < need;
  }
}

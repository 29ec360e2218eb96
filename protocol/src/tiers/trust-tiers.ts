/** Trust tiers of providers. Uptime figures and multipliers are percent; eras are days. */
export const trustTiers = [
  {
    tier: 1,
    selector: "secured-1",
    name: "Most trusted",
    minUptime: 99,
    slashBelow: 85,
    rewardPercent: 200,
    erasUp: null,
    erasDown: 32,
  },
  {
    tier: 2,
    selector: "secured-2",
    name: "Highly trusted",
    minUptime: 98,
    slashBelow: 80,
    rewardPercent: 170,
    erasUp: 30,
    erasDown: 25,
  },
  {
    tier: 3,
    selector: "secured-3",
    name: "Trusted",
    minUptime: 97,
    slashBelow: 75,
    rewardPercent: 150,
    erasUp: 23,
    erasDown: 20,
  },
  {
    tier: 4,
    selector: "community-1",
    name: "Somewhat trusted",
    minUptime: 95,
    slashBelow: 70,
    rewardPercent: 120,
    erasUp: 17,
    erasDown: 14,
  },
  {
    tier: 5,
    selector: "community-2",
    name: "Less trusted",
    minUptime: 90,
    slashBelow: 65,
    rewardPercent: 110,
    erasUp: 11,
    erasDown: 7,
  },
  {
    tier: 6,
    selector: "community-3",
    name: "Untrusted",
    minUptime: 85,
    slashBelow: 60,
    rewardPercent: 100,
    erasUp: 5,
    erasDown: 5,
  },
  {
    tier: 7,
    selector: "community-4",
    name: "Most untrusted",
    minUptime: 75,
    slashBelow: null,
    rewardPercent: 0,
    erasUp: 3,
    erasDown: null,
  },
] as const;

/** Trust tier of a node about which nothing is proven yet. */
export const UNPROVEN_TRUST_TIER = 7;

const groups: Readonly<Record<string, readonly number[]>> = { secured: [1, 2, 3], community: [4, 5, 6, 7] };

/** Every word that `tier` takes. */
export const tierSelectors: readonly string[] = [
  ...Object.keys(groups),
  ...trustTiers.map((entry) => entry.selector),
];

/** Tiers behind a selector, ascending: `secured` is 1 to 3, `community-1` is 4. Undefined for no selector. */
export function tiersOfSelector(selector: string): readonly number[] | undefined {
  if (Object.hasOwn(groups, selector)) return groups[selector];
  const single = trustTiers.find((entry) => entry.selector === selector);
  return single === undefined ? undefined : [single.tier];
}

/** What the triggers of the tables tell. */
export const CHANNELS = ["fizz_doors", "fizz_nodes"] as const;
export type Channel = (typeof CHANNELS)[number];

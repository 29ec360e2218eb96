/** What the triggers of the tables tell. */
export const CHANNELS = ["fizz_doors", "fizz_nodes", "fizz_certificates"] as const;
export type Channel = (typeof CHANNELS)[number];

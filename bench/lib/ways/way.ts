import { type Origins } from "../origins.ts";

/** Two processes between public ports and the origins; the value is the public port of each. */
export interface Way {
  readonly name: WayName;
  readonly ports: Origins;
  /** The same origins for another tenant of the same node, where there are tenants. */
  readonly otherPorts: Origins;
}

export const WAYS = ["pipe", "nginx", "ssh", "fizz"] as const;
export type WayName = (typeof WAYS)[number];

export const WAY_TITLES: Readonly<Record<WayName, string>> = {
  pipe: "raw Node pipe",
  nginx: "nginx stream",
  ssh: "ssh -R",
  fizz: "Fizz",
};

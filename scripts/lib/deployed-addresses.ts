import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, getAddress } from "viem";
import { z } from "zod";

/** The contracts that programs look up. One a line, sorted. */
export const PUBLIC_CONTRACTS: readonly string[] = [
  "CapacityRounds",
  "EraRewards",
  "FizzForwarder",
  "LeaseMarket",
  "NodeRegistry",
  "ProtocolTimelock",
  "Slasher",
  "SubnetGovernorFactory",
  "SubnetRegistry",
];

/** A development chain dies with its process, and its addresses with it. */
const DEVELOPMENT_CHAIN = 31_337;

const deploymentSchema = z.record(z.string(), z.string());

export type Deployments = Record<number, Record<string, Address>>;

/**
 * Reads what Ignition wrote down: `chain-<id>/deployed_addresses.json` in the folder, keyed `<module>#<contract>`.
 * A contract that two modules name lies at one address; otherwise nobody could tell which one is meant.
 */
export function readDeployments(folder: string): Deployments {
  const deployments: Deployments = {};
  for (const path of globSync("chain-*/deployed_addresses.json", { cwd: folder }).sort()) {
    const chainId = Number(/^chain-([0-9]+)[/\\]/.exec(path)?.[1]);
    if (!Number.isSafeInteger(chainId) || chainId === DEVELOPMENT_CHAIN) continue;
    const deployed = deploymentSchema.parse(JSON.parse(readFileSync(join(folder, path), "utf8")));
    deployments[chainId] = pickPublic(deployed, path);
  }
  return deployments;
}

function pickPublic(deployed: Record<string, string>, path: string): Record<string, Address> {
  const found = new Map<string, Address>();
  for (const [future, text] of Object.entries(deployed)) {
    const name = future.slice(future.indexOf("#") + 1);
    if (!PUBLIC_CONTRACTS.includes(name)) continue;
    const address = getAddress(text);
    const known = found.get(name) ?? address;
    if (known !== address) throw new Error(`${path} has two addresses for ${name}: ${known} and ${address}.`);
    found.set(name, address);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

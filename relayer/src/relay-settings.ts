import { addressSchema } from "@fizz/protocol/messages";
import { type Address, parseEther, parseGwei } from "viem";
import { z } from "zod";
import { type RelayPolicy, type TenantPolicy } from "./domain/request-rules.ts";

const MAX_SPONSORED_TENANTS = 1_000;
/** A whole block of the main chain. */
const MAX_REQUEST_GAS = 30_000_000;
const requests = z.coerce.number().int().min(0).max(1_000_000);
const gas = z.coerce.number().int().min(0).max(1_000_000_000_000);
const coins = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,18})?$/, "not a decimal number of coins")
  .default("0.005")
  .transform((text) => parseEther(text));

const tenants = z
  .union([z.string().transform((text) => text.split(",")), z.array(z.string())])
  .default(["off"])
  .transform((list, context): TenantPolicy => {
    const entries = list.map((entry) => entry.trim()).filter((entry) => entry !== "");
    const [first] = entries;
    if (entries.length === 1 && (first === "off" || first === "all")) return first;
    const read = z.array(addressSchema).min(1).max(MAX_SPONSORED_TENANTS).safeParse(entries);
    if (read.success) return read.data satisfies readonly Address[];
    context.addIssue({ code: "custom", message: "not off, all, or addresses, comma separated" });
    return z.NEVER;
  });

/** Settings of the requests that the gateway pays for. */
export const relayShape = {
  relayNodes: z.stringbool().or(z.boolean()).default(true),
  sponsorTenants: tenants,
  relayRequestsPerSigner: requests.default(100),
  relayGasPerSigner: gas.default(10_000_000),
  relayRequestsPerDay: requests.default(10_000),
  relayGasPerDay: gas.default(100_000_000),
  relayMaxGas: z.coerce.number().int().min(21_000).max(MAX_REQUEST_GAS).default(500_000),
  relayMaxFeeGwei: z.coerce.number().min(0.001).max(1_000_000).default(100),
  relayBumpBlocks: z.coerce.number().int().min(1).max(1_000).default(3),
  relayMinBalance: coins,
};

export type RelaySettings = z.output<z.ZodObject<typeof relayShape>>;

/** Settings that a reload takes. */
export const RELAY_POLICY_SETTINGS = [
  "relayNodes",
  "sponsorTenants",
  "relayRequestsPerSigner",
  "relayGasPerSigner",
  "relayRequestsPerDay",
  "relayGasPerDay",
  "relayMaxGas",
  "relayMaxFeeGwei",
  "relayBumpBlocks",
  "relayMinBalance",
] as const satisfies readonly (keyof RelaySettings)[];

export function relayPolicy(settings: RelaySettings): RelayPolicy {
  return {
    nodes: settings.relayNodes,
    tenants: settings.sponsorTenants,
    maxGas: BigInt(settings.relayMaxGas),
    perSigner: {
      requests: settings.relayRequestsPerSigner,
      gas: BigInt(settings.relayGasPerSigner),
    },
    total: { requests: settings.relayRequestsPerDay, gas: BigInt(settings.relayGasPerDay) },
  };
}

/** Highest fee, wei per gas. */
export function relayFeeCap({ relayMaxFeeGwei }: Pick<RelaySettings, "relayMaxFeeGwei">): bigint {
  return parseGwei(relayMaxFeeGwei.toFixed(9));
}

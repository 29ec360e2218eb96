import { type Hex, type TypedDataDefinition } from "viem";
import { type FizzDomain } from "./domain.ts";
import { operatorConsentTypes } from "./types.ts";

/** An operator key's word that it serves an owner; INodeRegistry.register checks it. Domain contract: NodeRegistry. */
export function consentTypedData(
  domain: FizzDomain,
  consent: { owner: Hex; operator: Hex },
): TypedDataDefinition<typeof operatorConsentTypes, "OperatorConsent"> {
  return { domain, types: operatorConsentTypes, primaryType: "OperatorConsent" as const, message: consent };
}

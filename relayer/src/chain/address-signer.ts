import { type ContractAddresses } from "@fizz/protocol/messages";
import { fizzDomain, type ObservedAddress, observedTypedData } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type Chain } from "../ports.ts";

/** Signs addresses of peers with the gateway's key, under the domain of its market. */
export function addressSigner(
  chain: Pick<Chain, "identity">,
  { key, contracts }: { readonly key: Hex; readonly contracts: Pick<ContractAddresses, "leaseMarket"> },
): (observed: ObservedAddress) => Promise<Hex> {
  const account = privateKeyToAccount(key);
  let chainId: number | undefined;
  return async (observed) => {
    chainId ??= (await chain.identity()).chainId;
    return await account.signTypedData(
      observedTypedData(fizzDomain(chainId, contracts.leaseMarket), observed),
    );
  };
}

import { type Config, createConfig, createStorage, http } from "wagmi";
import { defineChain } from "viem";
import { allowsDevWallet, type NetworkConfig } from "../network/network-config.ts";

const LOCAL_POLLING_MS = 500;
const POLLING_MS = 4_000;
const RPC_TIMEOUT_MS = 10_000;

/**
 * Chain access and wallets of the page. Wallets announce themselves (EIP-6963); the development wallet is loaded
 * for the local chain only.
 */
export async function createChainConfig(network: NetworkConfig): Promise<Config> {
  const chain = defineChain({
    id: network.chainId,
    name: network.chainName,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [network.rpcUrl] } },
    ...(network.explorerUrl === undefined
      ? {}
      : { blockExplorers: { default: { name: "Explorer", url: network.explorerUrl } } }),
  });
  const connectors = allowsDevWallet(network)
    ? [(await import("./dev-wallet.ts")).devWallet(network.rpcUrl)]
    : [];
  return createConfig({
    chains: [chain],
    connectors,
    multiInjectedProviderDiscovery: true,
    pollingInterval: allowsDevWallet(network) ? LOCAL_POLLING_MS : POLLING_MS,
    storage: createStorage({ key: "fizz.wallet", storage: globalThis.localStorage }),
    transports: { [chain.id]: http(network.rpcUrl, { batch: true, retryCount: 1, timeout: RPC_TIMEOUT_MS }) },
  });
}

import { type ContractAddresses } from "@fizz/protocol/messages";
import {
  type Account,
  type Chain as ViemChain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  type PublicClient,
  type Transport,
  type WalletClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { chainError } from "./chain-error.ts";

/** Time for one call of the RPC, in milliseconds. */
const RPC_TIMEOUT_MS = 10_000;
const RPC_RETRIES = 2;

export interface ChainClients {
  readonly client: PublicClient;
  readonly chain: ViemChain;
  readonly contracts: ContractAddresses;
  /** A client that signs with a key. */
  readonly walletOf: (privateKey: Hex) => WalletClient<Transport, ViemChain, Account>;
}

/** Asks the RPC for its chain id. @throws ProtocolError CHAIN_UNREACHABLE */
export async function connectChain(rpcUrl: string, contracts: ContractAddresses): Promise<ChainClients> {
  const transport = http(rpcUrl, { batch: true, timeout: RPC_TIMEOUT_MS, retryCount: RPC_RETRIES });
  const chain = defineChain({
    id: await readChainId(transport, rpcUrl),
    name: "fizz",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  return {
    client: createPublicClient({ chain, transport, cacheTime: 0 }),
    chain,
    contracts,
    walletOf: (privateKey) =>
      createWalletClient({ account: privateKeyToAccount(privateKey), chain, transport }),
  };
}

async function readChainId(transport: Transport, rpcUrl: string): Promise<number> {
  try {
    return await createPublicClient({ transport }).getChainId();
  } catch (error) {
    throw chainError(error, `The chain at ${rpcUrl} does not answer`);
  }
}

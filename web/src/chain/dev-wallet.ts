import {
  type Chain,
  createWalletClient,
  custom,
  type EIP1193RequestFn,
  http,
  type LocalAccount,
  numberToHex,
  type Transport,
  type TypedDataDefinition,
  type WalletClient,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { createConnector, type CreateConnectorFn } from "wagmi";
import { DEV_WALLET_ID } from "./dev-wallet-id.ts";

/** Printed by every local chain at its start: worthless anywhere else. */
const PUBLIC_TEST_MNEMONIC = "test test test test test test test test test test test junk";
/** The one that the CLI uses on a local chain: both see the same deployments. */
const ACCOUNT_INDEX = 3;
const CONNECTED_KEY = "fizz.dev-wallet";

/**
 * A wallet without an extension, for the local chain. It signs without asking, with a key that is public.
 *
 * @param rpcUrl The local chain.
 */
export function devWallet(rpcUrl: string): CreateConnectorFn {
  const account = mnemonicToAccount(PUBLIC_TEST_MNEMONIC, { addressIndex: ACCOUNT_INDEX });
  return createConnector((config) => {
    const [chain] = config.chains;
    const isConnected = (): boolean => localStorage.getItem(CONNECTED_KEY) === "1";
    const client = createWalletClient({ account, chain, transport: http(rpcUrl) });
    const request = signingRequest(client);
    return {
      id: DEV_WALLET_ID,
      name: "Development wallet",
      type: "development",
      connect: (parameters) => {
        localStorage.setItem(CONNECTED_KEY, "1");
        const accounts =
          parameters?.withCapabilities === true
            ? [{ address: account.address, capabilities: {} }]
            : [account.address];
        return Promise.resolve({ accounts: accounts as never, chainId: chain.id });
      },
      disconnect: () => {
        localStorage.removeItem(CONNECTED_KEY);
        return Promise.resolve();
      },
      getAccounts: () => Promise.resolve(isConnected() ? [account.address] : []),
      getChainId: () => Promise.resolve(chain.id),
      getProvider: () => Promise.resolve(custom({ request })({ chain, retryCount: 0 })),
      isAuthorized: () => Promise.resolve(isConnected()),
      onAccountsChanged: () => undefined,
      onChainChanged: () => undefined,
      onDisconnect: () => {
        config.emitter.emit("disconnect");
      },
    };
  });
}

type DevClient = WalletClient<Transport, Chain, LocalAccount>;

/** Signs here what a wallet signs; the rest goes to the chain. */
function signingRequest(client: DevClient): EIP1193RequestFn {
  const answers: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    eth_accounts: () => [client.account.address],
    eth_requestAccounts: () => [client.account.address],
    eth_chainId: () => numberToHex(client.chain.id),
    eth_signTypedData_v4: ([, json]) =>
      client.account.signTypedData(JSON.parse(String(json)) as TypedDataDefinition),
    eth_sendTransaction: ([transaction]) => sendTransaction(client, transaction),
  };
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    const answer = Object.hasOwn(answers, method) ? answers[method] : undefined;
    if (answer === undefined) return await client.request({ method, params } as never);
    return await answer(Array.isArray(params) ? (params as unknown[]) : []);
  };
  return request as EIP1193RequestFn;
}

/** A transaction as JSON-RPC has it, in hex. */
interface RpcTransaction {
  readonly to?: `0x${string}`;
  readonly data?: `0x${string}`;
  readonly value?: `0x${string}`;
  readonly gas?: `0x${string}`;
}

async function sendTransaction(client: DevClient, transaction: unknown): Promise<unknown> {
  const { to, data, value, gas } = transaction as RpcTransaction;
  return await client.sendTransaction({
    ...(to === undefined ? {} : { to }),
    ...(data === undefined ? {} : { data }),
    ...(value === undefined ? {} : { value: BigInt(value) }),
    ...(gas === undefined ? {} : { gas: BigInt(gas) }),
  });
}

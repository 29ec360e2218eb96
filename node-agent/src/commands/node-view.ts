import { type ChainClients, connectChain } from "../chain/clients.ts";
import { NodeChain } from "../chain/node-chain.ts";
import { Transactions } from "../chain/transactions.ts";
import { type CommandContext, type Identity } from "./context.ts";

export interface NodeChainView {
  readonly clients: ChainClients;
  readonly transactions: Transactions;
  readonly chain: NodeChain;
}

/** The chain for a command that runs beside the agent. @throws ProtocolError CHAIN_UNREACHABLE */
export async function connectNodeChain(
  { config, log }: CommandContext,
  { key, operator }: Identity,
): Promise<NodeChainView> {
  const clients = await connectChain(config.FIZZ_RPC_URL, config.FIZZ_CONTRACTS);
  const transactions = new Transactions({ client: clients.client, wallet: clients.walletOf(key), log });
  const init = {
    chainId: clients.chain.id,
    contracts: clients.contracts,
    operator,
    confirmations: config.FIZZ_CONFIRMATIONS,
  };
  return { clients, transactions, chain: new NodeChain({ client: clients.client, transactions }, init) };
}

import { ProtocolError } from "@fizz/protocol/errors";
import { type ChainClients } from "../chain/clients.ts";
import { NodeChain } from "../chain/node-chain.ts";
import { Transactions } from "../chain/transactions.ts";
import { type NodeRecord } from "../ports.ts";
import { type CommandContext, type Identity } from "./context.ts";
import { type Keeping } from "./measure.ts";
import { registerNode } from "./register.ts";

/**
 * The node that an agent is to serve; registered first where the settings say so. What they claim beyond the machine keeps no
 * registered node from serving the leases that it has.
 *
 * @throws ProtocolError IDENTITY_UNKNOWN, or as `registerNode`
 */
export async function requireNode(
  context: CommandContext,
  chain: ChainClients,
  identity: Keeping,
): Promise<NodeRecord> {
  const { config, log } = context;
  const refused = config.FIZZ_NODE_AUTO_REGISTER ? await tryRegister(context, chain, identity) : undefined;
  const node = await chainOf(chain, identity, context).node();
  if (node === undefined) {
    const message = `The operator key ${identity.operator} serves no node. Run: npm run node -- register`;
    throw refused ?? new ProtocolError("IDENTITY_UNKNOWN", message);
  }
  if (refused !== undefined)
    log.warn(
      { event: "node.claim_refused", code: refused.code, error: refused },
      `${refused.message} What the chain has of the node stays.`,
    );
  if (node.mode !== config.FIZZ_NODE_MODE || node.region !== config.FIZZ_NODE_REGION) {
    const fields = { event: "node.settings_differ", mode: node.mode, region: node.region };
    log.warn(fields, "Mode and region are fixed at registration: those of the chain hold.");
  }
  return node;
}

/** @returns Why the claim was refused; undefined when it was not. */
async function tryRegister(
  context: CommandContext,
  chain: ChainClients,
  identity: Keeping,
): Promise<ProtocolError | undefined> {
  try {
    await registerNode(context, { chain, identity });
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "CAPACITY_OVERCLAIMED") return error;
    throw error;
  }
}

function chainOf(
  { client, chain, contracts, walletOf }: ChainClients,
  { key, operator }: Identity,
  { log }: CommandContext,
) {
  const transactions = new Transactions({ client, wallet: walletOf(key), log });
  return new NodeChain(
    { client, transactions },
    { chainId: chain.id, contracts, operator, confirmations: 0 },
  );
}

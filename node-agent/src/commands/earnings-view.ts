import { ProtocolError } from "@fizz/protocol/errors";
import { EarningsChain, type RewardCredit, type TokenFacts } from "../chain/earnings-chain.ts";
import {
  earningsByToken,
  type LeaseHolding,
  type SubnetBalance,
  type TokenEarnings,
} from "../domain/earnings.ts";
import { type ChainSnapshot } from "../domain/lease-record.ts";
import { type NodeRecord } from "../ports.ts";
import { type CommandContext, type Identity, requireIdentity } from "./context.ts";
import { connectNodeChain, type NodeChainView } from "./node-view.ts";

export type TokenRow = TokenEarnings &
  TokenFacts & {
    /** Free on the owner's account in the market: what he can withdraw. */
    readonly account: bigint;
  };

/** What a node has earned, as the chain has it at its head. */
export interface EarningsView {
  readonly identity: Identity;
  readonly view: NodeChainView;
  readonly chain: EarningsChain;
  readonly node: NodeRecord;
  /** Unix seconds of the head block. */
  readonly chainTime: number;
  readonly leases: readonly LeaseHolding[];
  readonly balances: readonly SubnetBalance[];
  readonly tokens: readonly TokenRow[];
  readonly rewards: RewardCredit | undefined;
}

/** @throws ProtocolError IDENTITY_UNKNOWN, CHAIN_UNREACHABLE, CONFIG_INVALID */
export async function readEarnings(context: CommandContext): Promise<EarningsView> {
  const identity = await requireIdentity(context);
  const view = await connectNodeChain(context, identity);
  const node = await view.chain.node();
  if (node === undefined)
    throw new ProtocolError(
      "IDENTITY_UNKNOWN",
      "This operator key serves no node. Run: npm run node -- register",
    );
  const snapshot = await view.chain.snapshot(node.nodeId, []);
  return await earningsOf({ identity, view, node }, snapshot);
}

/** @param snapshot Of the node's leases, as `Chain.snapshot` reads it. @throws ProtocolError CHAIN_UNREACHABLE */
export async function earningsOf(
  { identity, view, node }: Pick<EarningsView, "identity" | "view" | "node">,
  { leases: seen, headTime: chainTime }: ChainSnapshot,
): Promise<EarningsView> {
  const chain = new EarningsChain(view.clients.client, view.clients.contracts);
  const leases = await chain.holdings([...seen.keys()]);
  const balances = await chain.balances(node.nodeId, leases);
  const tokens = await Promise.all(
    earningsByToken(leases, balances, chainTime).map(async (earned) => ({
      ...earned,
      ...(await chain.tokenFacts(earned.token)),
      account: await chain.accountOf(node.owner, earned.token),
    })),
  );
  const rewards = await chain.rewards(node.nodeId);
  return { identity, view, chain, node, chainTime, leases, balances, tokens, rewards };
}

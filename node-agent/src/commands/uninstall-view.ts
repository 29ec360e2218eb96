import { formatAmount } from "@fizz/protocol/units";
import { formatEther } from "viem";
import { type NodeBond, readBond } from "../chain/bond-chain.ts";
import { DockerLeftovers } from "../containers/docker-leftovers.ts";
import { type Leftover, removalOrder } from "../domain/uninstall.ts";
import { type ChainSnapshot } from "../domain/lease-record.ts";
import { type Leftovers } from "../uninstall-ports.ts";
import { type CommandContext, type Identity } from "./context.ts";
import { earningsOf, type EarningsView } from "./earnings-view.ts";
import { connectNodeChain } from "./node-view.ts";

const ENGINE_TIMEOUT_MS = 30_000;

/** What is left of a node, by the chain and the engine; all of it was answered. */
export interface Remains {
  /** Wei of the operator key. */
  readonly coins: bigint;
  /** Unix seconds of the newest block. */
  readonly headTime: number;
  readonly chainId: number;
  readonly genesis: `0x${string}`;
  /** Undefined where the operator key serves no node. */
  readonly node:
    { readonly earned: EarningsView; readonly bond: NodeBond; readonly snapshot: ChainSnapshot } | undefined;
  /** In the order in which they are removed. */
  readonly leftovers: readonly Leftover[];
  readonly engine: Leftovers;
}

/** @throws ProtocolError CHAIN_UNREACHABLE, ENGINE_UNREACHABLE, ENGINE_FAILED, TIMEOUT: then nothing is known */
export async function readRemains(context: CommandContext, identity: Identity): Promise<Remains> {
  const { config } = context;
  const engine = new DockerLeftovers({ host: config.DOCKER_HOST, node: identity.operator });
  const leftovers = removalOrder(await engine.list(AbortSignal.timeout(ENGINE_TIMEOUT_MS)));
  const view = await connectNodeChain(context, identity);
  const { client, contracts, chain } = view.clients;
  const { timestamp } = await client.getBlock({ blockTag: "latest" });
  const { hash: genesis } = await client.getBlock({ blockNumber: 0n });
  const node = await view.chain.node();
  const common = {
    coins: await client.getBalance({ address: identity.operator }),
    ...{ headTime: Number(timestamp), chainId: chain.id, genesis, leftovers, engine },
  };
  if (node === undefined) return { ...common, node };
  const lids = new Set(leftovers.flatMap(({ lid }) => lid ?? []));
  const snapshot = await view.chain.snapshot(node.nodeId, [...lids]);
  const earned = await earningsOf({ identity, view, node }, snapshot);
  const bond = await readBond(client, contracts, node.nodeId);
  return { ...common, headTime: snapshot.headTime, node: { earned, bond, snapshot } };
}

/** What stays on the chain, for people: nothing of it is touched. */
export function chainLines({ coins, node }: Remains, { operator }: Identity): string[] {
  const gas = `Operator   ${operator} has ${formatEther(coins)} ETH`;
  if (node === undefined) return [gas, "Node       not registered"];
  const { earned, bond } = node;
  const { nodeId, status, owner } = earned.node;
  return [
    gas,
    `Node       ${nodeId}, ${status}, owner ${owner}`,
    `Bond       ${bondText(bond)}`,
    ...earned.tokens.map((row) => {
      const show = (amount: bigint): string => `${formatAmount(amount, row.decimals)} ${row.symbol}`;
      const { inLeases, held, outstanding, account } = row;
      return `Earned     ${show(inLeases)} in leases (${show(held)} held back), ${show(outstanding)} to collect, ${show(account)} on the owner's account`;
    }),
    ...(earned.rewards === undefined
      ? []
      : [`Rewards    ${formatEther(earned.rewards.credit)} ETH to withdraw`]),
    "All of it stays on the chain. Collect with: npm run node -- withdraw",
  ];
}

function bondText({ amount, thawing, thawedAt, locked, lockedUntil, exitAt }: NodeBond): string {
  const parts = [
    `${formatEther(amount)} ETH`,
    ...(thawing === 0n ? [] : [`${formatEther(thawing)} ETH of it thaw until ${timeOf(thawedAt)}`]),
    ...(locked === 0n ? [] : [`${formatEther(locked)} ETH of it are locked until ${timeOf(lockedUntil)}`]),
    ...(exitAt === 0 ? ["no exit was asked for"] : [`the exit can be finished from ${timeOf(exitAt)}`]),
  ];
  return parts.join("; ");
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

/** Whether what only the operator key can reach is more than its coins for gas. */
export function isOnlyKey({ node }: Remains, { operator }: Identity): boolean {
  if (node?.earned.node.owner !== operator) return false;
  const { earned, bond } = node;
  const isEarned = earned.tokens.some(
    ({ inLeases, outstanding, account }) => inLeases + outstanding + account > 0n,
  );
  return isEarned || bond.amount > 0n || (earned.rewards?.credit ?? 0n) > 0n;
}

import { eraRewardsAbi, leaseMarketAbi } from "@fizz/protocol/chain";
import { formatAmount } from "@fizz/protocol/units";
import { formatEther } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Call, type CallSender, Transactions } from "../chain/transactions.ts";
import { nodeShare, releasable } from "../domain/earnings.ts";
import { type CommandContext } from "./context.ts";
import { type EarningsView, readEarnings } from "./earnings-view.ts";
import { findOwnerKey, type OwnerOptions, printedCalls } from "./owner-key.ts";

/** Of LeaseMarket.settleMany. */
const MAX_SETTLE_BATCH = 100;

interface Step {
  readonly what: string;
  readonly call: Call;
}

/**
 * Releases what is no longer held back, moves it to the owner's account, and, with the owner's key, from there to the
 * owner's wallet. Anybody may do all but the last: where it goes is fixed by the contract. With `unsigned` the last is printed for
 * the owner's wallet elsewhere, and nothing else is: what was done is noted.
 */
export async function withdraw(
  context: CommandContext,
  { dryRun, ...options }: OwnerOptions & { readonly dryRun: boolean },
): Promise<number> {
  const { log } = context;
  const isUnsigned = options.unsigned === true;
  const tell = isUnsigned ? (context.note ?? (() => undefined)) : context.print;
  const ownerKey = await findOwnerKey(context, options.ownerKeystore);
  const found = await readEarnings(context);
  const { transactions, clients } = found.view;
  const take = async (steps: readonly Step[], sender: CallSender): Promise<void> => {
    for (const { what, call } of steps) {
      tell(dryRun ? `Would ${what}.` : `Now: ${what}.`);
      if (!dryRun) await sender.send(call);
    }
  };
  const steps = collectSteps(found);
  await take(steps, transactions);
  if (isUnsigned) {
    const printed = printedCalls(context, clients.chain.id, found.node.owner);
    const last = await accountSteps(found);
    if (last.length === 0)
      tell(`There is nothing to withdraw in the account of the owner ${found.node.owner}.`);
    for (const { what, call } of last) {
      tell(`To be signed by the owner: ${what}.`);
      await printed.send(call);
    }
    return 0;
  }
  const key = ownerKey ?? found.identity.key;
  if (privateKeyToAddress(key) === found.node.owner) {
    const wallet = clients.walletOf(key);
    const asOwner = new Transactions({ client: clients.client, wallet, log });
    await take(await accountSteps(found), asOwner);
    return 0;
  }
  if (steps.length === 0) tell("There is nothing to release or to collect now.");
  tell(`From the account, the owner ${found.node.owner} withdraws: fizz payment withdraw --amount all.`);
  return 0;
}

function collectSteps({ node, leases, balances, tokens, rewards, view }: EarningsView): Step[] {
  const market = { address: view.clients.contracts.leaseMarket, abi: leaseMarketAbi };
  const ready = releasable(leases);
  const steps: Step[] = [];
  for (let at = 0; at < ready.length; at += MAX_SETTLE_BATCH) {
    const lids = ready.slice(at, at + MAX_SETTLE_BATCH).map(({ lid }) => lid);
    const what = `release what ${lids.length} leases no longer hold back`;
    steps.push({ what, call: { ...market, functionName: "settleMany", args: [lids] } });
  }
  for (const { subnetId, token, outstanding } of balances) {
    const { symbol = "", decimals = 18 } = tokens.find((row) => row.token === token) ?? {};
    const released = ready
      .filter((lease) => lease.subnetId === subnetId && lease.token === token)
      .reduce((sum, { unsettled, held, cutsBps }) => sum + nodeShare(unsettled - held, cutsBps), 0n);
    const amount = outstanding + released;
    if (amount === 0n) continue;
    const what = `collect ${formatAmount(amount, decimals)} ${symbol} of subnet ${subnetId} to the owner's account`;
    const args = [node.nodeId, subnetId, token];
    steps.push({ what, call: { ...market, functionName: "collect", args } });
  }
  if (rewards !== undefined && rewards.credit > 0n)
    steps.push({
      what: `pay ${formatEther(rewards.credit)} ETH of rewards to the reward wallet`,
      call: {
        ...{ address: rewards.contract, abi: eraRewardsAbi },
        ...{ functionName: "withdrawRewards", args: [node.nodeId] },
      },
    });
  return steps;
}

/** With what the account has now: what was just collected is in it. */
async function accountSteps({ chain, node, tokens, view }: EarningsView): Promise<Step[]> {
  const market = { address: view.clients.contracts.leaseMarket, abi: leaseMarketAbi };
  const steps = await Promise.all(
    tokens.map(async ({ token, symbol, decimals }): Promise<Step[]> => {
      const free = await chain.accountOf(node.owner, token);
      if (free === 0n) return [];
      const what = `withdraw ${formatAmount(free, decimals)} ${symbol} to ${node.owner}`;
      return [{ what, call: { ...market, functionName: "withdraw", args: [token, free] } }];
    }),
  );
  return steps.flat();
}

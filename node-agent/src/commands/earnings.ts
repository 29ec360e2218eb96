import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type EarningsDay, toWire } from "@fizz/protocol/messages";
import { formatAmount } from "@fizz/protocol/units";
import { formatEther } from "viem";
import { hourlyOf, isEarning, nodeShare } from "../domain/earnings.ts";
import { releasedSince } from "../domain/earnings-days.ts";
import { type CommandContext } from "./context.ts";
import { type EarningsView, readEarnings, type TokenRow } from "./earnings-view.ts";

/** Days whose releases are added up. */
const WINDOWS = [1, 7, 30] as const;
/** Rows that are asked for: one per day and token. */
const MAX_DAYS_READ = 500;

/** What the node earned: by token, by lease, and what was released in the last days by the gateway's history. */
export async function earnings(context: CommandContext, { json }: { json: boolean }): Promise<number> {
  const found = await readEarnings(context);
  const days = await historyOf(context, found.node.nodeId);
  const lines = json
    ? [jsonOf(found, days)]
    : [...found.tokens.flatMap((row) => tokenLines(row, days)), ...restLines(found, days)];
  for (const line of lines) context.print(line);
  return 0;
}

/** Undefined when the gateway does not answer, or keeps no history. */
async function historyOf(
  { config, log, signal }: CommandContext,
  nodeId: bigint,
): Promise<readonly EarningsDay[] | undefined> {
  const baseUrl = config.FIZZ_NODE_GATEWAY;
  if (baseUrl === undefined) return undefined;
  try {
    const query = { nodeId: nodeId.toString(), limit: MAX_DAYS_READ.toString() };
    return (await gatewayApi({ baseUrl, fetch }).earnings(query, signal)).days;
  } catch (error) {
    log.debug({ event: "history.unreachable", error }, "The gateway tells no history.");
    return undefined;
  }
}

function jsonOf(
  { node, tokens, leases, rewards, chainTime }: EarningsView,
  days: readonly EarningsDay[] | undefined,
): string {
  return toWire({
    nodeId: node.nodeId,
    owner: node.owner,
    tokens: tokens.map((row) => ({ ...row, lastDays: days === undefined ? null : windowsOf(row, days) })),
    leases: leases
      .filter((lease) => lease.unsettled > 0n || isEarning(lease, chainTime))
      .map((lease) => ({
        ...{ lid: lease.lid, state: lease.state, token: lease.token, subnetId: lease.subnetId },
        perHour: isEarning(lease, chainTime) ? hourlyOf(lease) : 0n,
        inLease: nodeShare(lease.unsettled, lease.cutsBps),
        held: nodeShare(lease.held, lease.cutsBps),
      })),
    rewards: rewards === undefined ? null : { credit: rewards.credit, debt: rewards.debt },
  });
}

function windowsOf({ token }: TokenRow, days: readonly EarningsDay[]) {
  return WINDOWS.map((count) => ({ days: count, ...releasedSince(days, { token, count, now: Date.now() }) }));
}

function tokenLines(row: TokenRow, days: readonly EarningsDay[] | undefined): string[] {
  const show = (amount: bigint): string => `${formatAmount(amount, row.decimals)} ${row.symbol}`;
  const { perHour, inLeases, held, outstanding, account, released, collected } = row;
  return [
    `${row.symbol.padEnd(12)}${show(perHour)} an hour now`,
    `  in leases   ${show(inLeases)}, of which held back ${show(held)}`,
    `  released    ${show(released)} ever; ${show(collected)} were moved to the owner's account`,
    `  to collect  ${show(outstanding)}`,
    `  account     ${show(account)} to withdraw`,
    ...(days === undefined
      ? []
      : windowsOf(row, days).map(
          ({ days: count, since, amount }) =>
            `  ${`${count} d`.padEnd(12)}${show(amount)} released since ${since}`,
        )),
  ];
}

/** One token in a line, for `status`. */
export function earningsLine(row: TokenRow): string {
  const show = (amount: bigint): string => `${formatAmount(amount, row.decimals)} ${row.symbol}`;
  const { perHour, inLeases, outstanding, account } = row;
  return `Earns      ${show(perHour)} an hour; ${show(inLeases)} in leases, ${show(outstanding)} to collect, ${show(account)} to withdraw`;
}

function restLines(
  { leases, tokens, rewards, chainTime }: EarningsView,
  days: readonly EarningsDay[] | undefined,
): string[] {
  const lines = leases
    .filter((lease) => isEarning(lease, chainTime))
    .map((lease) => {
      const { symbol = "", decimals = 18 } = tokens.find(({ token }) => token === lease.token) ?? {};
      const show = (amount: bigint): string => `${formatAmount(amount, decimals)} ${symbol}`;
      const share = nodeShare(lease.unsettled, lease.cutsBps);
      return `Lease ${lease.lid.toString().padEnd(6)}${show(hourlyOf(lease))} an hour, ${show(share)} in it`;
    });
  return [
    ...(tokens.length === 0 ? ["Nothing was earned yet: no lease of this node is on the chain."] : []),
    ...lines,
    ...(rewards === undefined
      ? []
      : [
          `Rewards     ${formatEther(rewards.credit)} ETH to withdraw, ${formatEther(rewards.debt)} ETH kept for offences`,
        ]),
    ...(days === undefined ? ["The gateway tells no history now: the last days are not known."] : []),
  ];
}

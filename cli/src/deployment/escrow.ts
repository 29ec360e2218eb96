import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { encodeFunctionData, erc20Abi } from "viem";
import { freeOf } from "../chain/lease-market.ts";
import { isNative, NATIVE, type Token } from "../chain/tokens.ts";
import { send } from "../chain/transactions.ts";
import { type Context } from "../context.ts";
import { showAmount } from "../output/format.ts";

/** What to do when the escrow account does not cover a lease. `ask` asks in a terminal, and is `never` elsewhere. */
export const depositPolicies = ["ask", "auto", "never"] as const;
export type DepositPolicy = (typeof depositPolicies)[number];

export interface EscrowNeed {
  readonly token: Token;
  /** Token units that must be free. */
  readonly required: bigint;
  readonly policy: DepositPolicy;
  readonly yes: boolean;
}

/**
 * Makes sure that the escrow account covers an amount. What is missing of the native coin is sent along with the
 * caller's own transaction; a token is deposited first.
 *
 * @returns Wei to send along.
 * @throws ProtocolError INSUFFICIENT_ESCROW, before anything is sent.
 */
export async function coverFromEscrow(context: Context, need: EscrowNeed): Promise<bigint> {
  const { terminal } = context;
  const { token, required } = need;
  terminal.step("Checking token deposit balance");
  const { address } = await context.wallet();
  const free = await freeOf(await context.chain(), address, token.address);
  if (free >= required) {
    terminal.done(
      `Deposit balance is sufficient (${showAmount(free, token)} free, ${showAmount(required, token)} needed)`,
    );
    return 0n;
  }
  const missing = required - free;
  if (!(await mayDeposit(context, need, missing))) throw insufficient(need, free);
  if (isNative(token)) {
    await requireCoins(context, missing);
    terminal.done(`${showAmount(missing, token)} will be deposited in the same transaction`);
    return missing;
  }
  await depositToken(context, token, missing);
  return 0n;
}

async function mayDeposit(
  { terminal, signal }: Context,
  need: EscrowNeed,
  missing: bigint,
): Promise<boolean> {
  if (need.policy === "auto") return true;
  if (need.policy === "never") return false;
  if (need.yes) return true;
  if (!terminal.interactive) return false;
  return await terminal.confirm(`Deposit the missing ${showAmount(missing, need.token)} now?`, signal);
}

function insufficient({ token, required }: EscrowNeed, free: bigint): ProtocolError {
  const missing = required - free;
  const message =
    `The escrow account has ${showAmount(free, token)} free and this needs ${showAmount(required, token)}: ` +
    `${showAmount(missing, token)} is missing.`;
  const details = {
    token: token.address,
    free: String(free),
    required: String(required),
    missing: String(missing),
  };
  return new ProtocolError("INSUFFICIENT_ESCROW", message, { details });
}

async function requireCoins(context: Context, value: bigint): Promise<void> {
  const chain = await context.chain();
  const { address } = await context.wallet();
  const balance = await chain.ask(chain.client.getBalance({ address }));
  if (balance > value) return;
  const message = `The wallet ${address} has ${showAmount(balance, NATIVE)} and would send ${showAmount(value, NATIVE)} and gas.`;
  throw new ProtocolError("INSUFFICIENT_FUNDS", message);
}

/** Credits the account with coins of the wallet. @throws ProtocolError INSUFFICIENT_FUNDS, TX_REVERTED */
export async function depositNative(context: Context, value: bigint): Promise<void> {
  await requireCoins(context, value);
  const chain = await context.chain();
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "deposit" });
  await send(await context.sender(), { to: chain.contracts.leaseMarket, data, value });
}

/** Allows the market to take the tokens when it may not yet, and deposits them. @throws ProtocolError INSUFFICIENT_FUNDS */
export async function depositToken(context: Context, token: Token, value: bigint): Promise<void> {
  const chain = await context.chain();
  const { address: owner } = await context.wallet();
  const market = chain.contracts.leaseMarket;
  const read = { address: token.address, abi: erc20Abi } as const;
  const [balance, allowance] = await chain.ask(
    Promise.all([
      chain.client.readContract({ ...read, functionName: "balanceOf", args: [owner] }),
      chain.client.readContract({ ...read, functionName: "allowance", args: [owner, market] }),
    ]),
  );
  if (balance < value) {
    const message = `The wallet ${owner} has ${showAmount(balance, token)} and needs ${showAmount(value, token)}.`;
    throw new ProtocolError("INSUFFICIENT_FUNDS", message);
  }
  const sender = await context.sender();
  if (allowance < value) {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [market, value] });
    await send(sender, { to: token.address, data });
  }
  const args = [token.address, value] as const;
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "depositToken", args });
  await send(sender, { to: market, data });
  context.terminal.done(`Deposited ${showAmount(value, token)}`);
}

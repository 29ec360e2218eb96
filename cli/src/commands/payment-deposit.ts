import { type Command } from "commander";
import { parseDecimal, parseTokens } from "../arguments.ts";
import { freeOf } from "../chain/lease-market.ts";
import { findToken, isNative, type Token } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { depositNative, depositToken } from "../deployment/escrow.ts";
import { showAmount } from "../output/format.ts";

interface Options {
  readonly amount: string;
  readonly token: string;
  readonly json?: boolean;
}

export function addPaymentDeposit(parent: Command, shell: Shell): void {
  parent
    .command("deposit")
    .description("move tokens from the wallet into its escrow account")
    .requiredOption("--amount <amount>", "whole tokens, such as 0.5", parseDecimal)
    .option("--token <token>", "symbol or address", "ETH")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const token = await findToken(await context.chain(), options.token);
        const value = parseTokens(options.amount, token);
        context.terminal.step(`Depositing ${showAmount(value, token)}`);
        if (isNative(token)) await depositNative(context, value);
        else await depositToken(context, token, value);
        await reportAccount(context, token, options.json === true);
      });
    });
}

/** Shows the escrow account after it changed. */
export async function reportAccount(context: Context, token: Token, json: boolean): Promise<void> {
  const { terminal } = context;
  const { address } = await context.wallet();
  const free = await freeOf(await context.chain(), address, token.address);
  terminal.done(`Escrow account: ${showAmount(free, token)} free`);
  if (json) terminal.json({ address, token: token.symbol, tokenAddress: token.address, free });
}

import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Command } from "commander";
import { encodeFunctionData } from "viem";
import { parseDecimal, parseTokens } from "../arguments.ts";
import { freeOf } from "../chain/lease-market.ts";
import { findToken } from "../chain/tokens.ts";
import { send } from "../chain/transactions.ts";
import { flagsOf, type Shell } from "../command.ts";
import { showAmount } from "../output/format.ts";
import { reportAccount } from "./payment-deposit.ts";

interface Options {
  readonly amount: string;
  readonly token: string;
  readonly json?: boolean;
}

/** Everything that is free. */
const ALL = "all";

export function addPaymentWithdraw(parent: Command, shell: Shell): void {
  parent
    .command("withdraw")
    .description("move free tokens from the escrow account to the wallet")
    .requiredOption("--amount <amount>", 'whole tokens, such as 0.5, or "all"', (text) =>
      text === ALL ? ALL : parseDecimal(text),
    )
    .option("--token <token>", "symbol or address", "ETH")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const token = await findToken(chain, options.token);
        const free = await freeOf(chain, address, token.address);
        const value = options.amount === ALL ? free : parseTokens(options.amount, token);
        context.terminal.step(`Withdrawing ${showAmount(value, token)}`);
        const args = [token.address, value] as const;
        const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "withdraw", args });
        await send(await context.sender(), { to: chain.contracts.leaseMarket, data });
        await reportAccount(context, token, options.json === true);
      });
    });
}

import { type Command } from "commander";
import { type Address, erc20Abi } from "viem";
import { type Chain } from "../chain/chain.ts";
import { findToken, isNative, type Token } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { showAmount } from "../output/format.ts";

interface Options {
  readonly token: string;
  readonly json?: boolean;
}

export function addWalletBalance(parent: Command, shell: Shell): void {
  parent
    .command("balance")
    .description("show what the wallet itself holds; `payment balance` shows its escrow account")
    .option("--token <token>", "symbol or address", "ETH")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const token = await findToken(chain, options.token);
        const balance = await balanceOf(chain, address, token);
        if (options.json === true)
          context.terminal.json({ address, token: token.symbol, tokenAddress: token.address, balance });
        else context.terminal.data(showAmount(balance, token));
      });
    });
}

async function balanceOf(chain: Chain, owner: Address, token: Token): Promise<bigint> {
  if (isNative(token)) return await chain.ask(chain.client.getBalance({ address: owner }));
  const read = { address: token.address, abi: erc20Abi, functionName: "balanceOf", args: [owner] } as const;
  return await chain.ask(chain.client.readContract(read));
}

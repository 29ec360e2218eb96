import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Command, Option } from "commander";
import { encodeFunctionData } from "viem";
import { parseDecimal, parseId, parseTokens } from "../arguments.ts";
import { paidUntil, requireOwnLease } from "../chain/lease-market.ts";
import { tokenAt } from "../chain/tokens.ts";
import { send } from "../chain/transactions.ts";
import { flagsOf, type Shell } from "../command.ts";
import { coverFromEscrow, type DepositPolicy, depositPolicies } from "../deployment/escrow.ts";
import { showAmount, showTime } from "../output/format.ts";

interface Options {
  readonly lid: bigint;
  readonly amount: string;
  readonly deposit: DepositPolicy;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addDeploymentTopup(parent: Command, shell: Shell): void {
  parent
    .command("topup")
    .description("add prepaid time to a lease")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .requiredOption("--amount <amount>", "whole tokens to add, such as 0.01", parseDecimal)
    .addOption(
      new Option("--deposit <policy>", "when the escrow account does not cover it")
        .choices(depositPolicies)
        .default("ask"),
    )
    .option("-y, --yes", "ask nothing: deposit what is missing")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const token = await tokenAt(chain, lease.token);
        const required = parseTokens(options.amount, token);
        const need = { token, required, policy: options.deposit, yes: options.yes === true };
        const value = await coverFromEscrow(context, need);
        const args = [lease.lid, required] as const;
        const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "topUp", args });
        await send(await context.sender(), { to: chain.contracts.leaseMarket, data, value });
        const until = await paidUntil(chain, lease.lid);
        terminal.done(`Added ${showAmount(required, token)} to lease ${lease.lid}`);
        if (until > 0) terminal.done(`Paid until ${showTime(until * 1_000)}`);
        if (options.json === true)
          terminal.json({
            lid: Number(lease.lid),
            added: required,
            token: token.symbol,
            paidUntil: until === 0 ? null : until,
          });
      });
    });
}

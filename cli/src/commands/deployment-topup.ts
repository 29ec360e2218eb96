import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Command, Option } from "commander";
import { encodeFunctionData } from "viem";
import { parseDecimal, parseId, parseTokens } from "../arguments.ts";
import { paidUntil, requireOwnLease } from "../chain/lease-market.ts";
import { sendSponsored } from "../chain/sponsored.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { send } from "../chain/transactions.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { coverFromEscrow, type DepositPolicy, depositPolicies } from "../deployment/escrow.ts";
import { showAmount, showTime } from "../output/format.ts";

interface Options {
  readonly lid: bigint;
  readonly amount: string;
  readonly deposit: DepositPolicy;
  readonly yes?: boolean;
  readonly sponsored?: boolean;
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
    .option(
      "--sponsored",
      "the gateway pays the gas, if it does so for you; the escrow account pays the rest",
    )
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const token = await tokenAt(chain, lease.token);
        const required = parseTokens(options.amount, token);
        await topUp(context, { lid: lease.lid, token, required }, options);
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

interface Addition {
  readonly lid: bigint;
  readonly token: Token;
  readonly required: bigint;
}

async function topUp(context: Context, { lid, token, required }: Addition, options: Options): Promise<void> {
  const isSponsored = options.sponsored === true;
  // The gateway carries no coins: what is missing is not sent along.
  const policy = isSponsored ? "never" : options.deposit;
  const value = await coverFromEscrow(context, { token, required, policy, yes: options.yes === true });
  const chain = await context.chain();
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "topUp", args: [lid, required] });
  const call = { to: chain.contracts.leaseMarket, data };
  if (isSponsored) await sendSponsored(await context.sender(), await context.gateway(), call);
  else await send(await context.sender(), { ...call, value });
}

import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { closeReasons, nameOfReason } from "@fizz/protocol/reasons";
import { type Command } from "commander";
import { encodeFunctionData, parseEventLogs } from "viem";
import { parseId } from "../arguments.ts";
import { type Lease, refundOf, requireOwnLease } from "../chain/lease-market.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { sendSponsored } from "../chain/sponsored.ts";
import { send } from "../chain/transactions.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { showAmount } from "../output/format.ts";

interface Options {
  readonly lid: bigint;
  readonly yes?: boolean;
  readonly sponsored?: boolean;
  readonly json?: boolean;
}

export function addDeploymentClose(parent: Command, shell: Shell): void {
  parent
    .command("close")
    .description("end a lease: its containers stop, the unused money comes back")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-y, --yes", "ask nothing")
    .option("--sponsored", "the gateway pays the gas, if it does so for you")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        if (lease.state === "closed")
          throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${lease.lid} is closed already.`);
        const token = await tokenAt(chain, lease.token);
        await confirmClose(context, { lease, token, yes: options.yes === true });
        const { reason, refunded } = await closeLease(context, lease, options.sponsored === true);
        await (await context.leases()).remove(lease.leaseHash);
        terminal.done(
          `Lease ${lease.lid} is closed; ${showAmount(refunded, token)} is back in your escrow account`,
        );
        if (options.json === true)
          terminal.json({
            lid: Number(lease.lid),
            state: "closed",
            reason: nameOfReason(reason),
            reasonCode: reason,
            refunded,
            token: token.symbol,
          });
      });
    });
}

async function confirmClose(
  context: Context,
  { lease, token, yes }: { lease: Lease; token: Token; yes: boolean },
): Promise<void> {
  const { terminal } = context;
  if (yes || !terminal.interactive) return;
  const refund = showAmount(await refundOf(await context.chain(), lease.lid), token);
  const question = `Close lease ${lease.lid}? Its containers and their data are removed, about ${refund} comes back.`;
  if (!(await terminal.confirm(question, context.signal)))
    throw new ProtocolError("WALLET_REJECTED", "Not closed. Nothing was sent.");
}

async function closeLease(
  context: Context,
  { lid, state }: Lease,
  isSponsored: boolean,
): Promise<{ reason: number; refunded: bigint }> {
  const chain = await context.chain();
  const reason = closeReasons[state === "open" ? "tenant.cancelled" : "tenant.closed"];
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "close", args: [lid, reason] });
  context.terminal.step(`Closing lease ${lid}`);
  const call = { to: chain.contracts.leaseMarket, data };
  const receipt = isSponsored
    ? await sendSponsored(await context.sender(), await context.gateway(), call)
    : await send(await context.sender(), call);
  const [closed] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseClosed", logs: receipt.logs });
  return { reason: closed?.args.reason ?? reason, refunded: closed?.args.refunded ?? 0n };
}

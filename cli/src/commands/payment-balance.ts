import { type Command } from "commander";
import { type Address, isAddressEqual } from "viem";
import { freeOf, type Lease, leasesOf } from "../chain/lease-market.ts";
import { findToken, listTokens } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { showAmount } from "../output/format.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly token?: string;
  readonly json?: boolean;
}

export function addPaymentBalance(parent: Command, shell: Shell): void {
  parent
    .command("balance")
    .description("show the escrow account: free, and locked in leases")
    .option("--token <token>", "only this one, by symbol or address")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const tokens =
          options.token === undefined ? await listTokens(chain) : [await findToken(chain, options.token)];
        const leases = await leasesOf(chain, address);
        const accounts = await Promise.all(
          tokens.map(async (token) => ({
            token,
            free: await freeOf(chain, address, token.address),
            locked: lockedIn(leases, token.address),
          })),
        );
        if (options.json === true) {
          terminal.json(
            accounts.map(({ token, free, locked }) => ({
              address,
              token: token.symbol,
              tokenAddress: token.address,
              free,
              locked,
            })),
          );
          return;
        }
        const rows = accounts.map(({ token, free, locked }) => [
          token.symbol,
          showAmount(free, token),
          showAmount(locked, token),
        ]);
        terminal.stdout(formatTable(["TOKEN", "FREE", "LOCKED"], rows));
      });
    });
}

/** What a tenant's leases that are not closed hold of a token; what is earned and held back is the node's, and in it. */
function lockedIn(leases: readonly Lease[], token: Address): bigint {
  return leases
    .filter((lease) => lease.state !== "closed" && isAddressEqual(lease.token, token))
    .reduce((sum, lease) => sum + lease.balance, 0n);
}

import { type Command } from "commander";
import { leasesOf } from "../chain/lease-market.ts";
import { tokenAt } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { showHourly } from "../output/format.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly all?: boolean;
  readonly json?: boolean;
}

export function addDeploymentList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .alias("ls")
    .description("list your leases")
    .option("-a, --all", "closed ones too")
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const leases = (await leasesOf(chain, address)).filter(
          ({ state }) => options.all === true || state !== "closed",
        );
        const rows = await Promise.all(
          leases.map(async ({ lid, state, nodeId, version, manifestHash, ratePerSecond, token }) => ({
            lid: Number(lid),
            state,
            node: Number(nodeId),
            version,
            manifestHash,
            price: showHourly(ratePerSecond, await tokenAt(chain, token)),
          })),
        );
        if (options.json === true) {
          terminal.json(rows);
          return;
        }
        if (rows.length === 0) terminal.note("no leases; -a shows closed ones too");
        else
          terminal.stdout(
            formatTable(
              ["LID", "STATE", "NODE", "VERSION", "PRICE"],
              rows.map((row) => [`${row.lid}`, row.state, `${row.node}`, `${row.version}`, row.price]),
            ),
          );
      });
    });
}

import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { formatTable } from "../output/table.ts";

export function addNetworkList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .alias("ls")
    .description("list the networks of the config file")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { networks, currentNetwork } = await context.config();
        const rows = Object.entries(networks).map(([name, network]) => ({
          name,
          ...network,
          current: name === currentNetwork,
        }));
        if (options.json === true) context.terminal.json(rows);
        else if (rows.length === 0)
          context.terminal.note("no networks; add one with `fizz network add NAME`");
        else
          context.terminal.stdout(
            formatTable(
              ["NAME", "CHAIN", "GATEWAY", "RPC", "IN USE"],
              rows.map((row) => [
                row.name,
                `${row.chainId}`,
                row.gatewayUrl,
                row.rpcUrl,
                row.current ? "yes" : "",
              ]),
            ),
          );
      });
    });
}

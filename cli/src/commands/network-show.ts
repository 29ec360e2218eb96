import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { formatFacts } from "../output/table.ts";

const UNKNOWN = "not known; the gateway is asked";

/** `fizz network` shows the network in use; its subcommands keep others by name. */
export function addNetworkShow(parent: Command, shell: Shell): void {
  parent
    .command("show", { isDefault: true })
    .description("show the network in use, and where it comes from")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        await showNetwork(context, options.json === true);
      });
    });
}

async function showNetwork(context: Context, json: boolean): Promise<void> {
  const target = await context.target();
  const { source, gatewayUrl, rpcUrl, chainId, contracts, dev } = target;
  if (json) {
    context.terminal.json({ source, gatewayUrl, rpcUrl, chainId, contracts, dev });
    return;
  }
  const chain = chainId === undefined ? UNKNOWN : `${chainId}${dev ? " (development)" : ""}`;
  context.terminal.stdout(
    formatFacts([
      ["From", source],
      ["Gateway", gatewayUrl ?? "none"],
      ["RPC", rpcUrl ?? "none"],
      ["Chain id", chain],
      ...Object.entries(contracts ?? { Contracts: UNKNOWN }),
    ]),
  );
}

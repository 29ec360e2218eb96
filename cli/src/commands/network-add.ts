import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type Command } from "commander";
import { openChain } from "../chain/chain.ts";
import { verifyGateway } from "../chain/verify-gateway.ts";
import { flagsOf, type Shell } from "../command.ts";
import { NAME_PATTERN, type NamedNetwork } from "../contexts/config-file.ts";
import { formatFacts } from "../output/table.ts";

export function addNetworkAdd(parent: Command, shell: Shell): void {
  parent
    .command("add")
    .description("keep a network by name, with --gateway and --rpc, and use it; its contracts are pinned")
    .argument("<name>", "name of the network")
    .action(async (name: string, _options: unknown, command: Command) => {
      const flags = flagsOf(command);
      await shell.run(flags, async (context) => {
        const { gateway: gatewayUrl, rpc: rpcUrl, wallet } = flags;
        if (!NAME_PATTERN.test(name))
          throw new ProtocolError("USAGE", `"${name}" is not a name. Use letters, digits, ".", "_" and "-".`);
        if (gatewayUrl === undefined || rpcUrl === undefined)
          throw new ProtocolError("USAGE", "Both --gateway URL and --rpc URL are needed.");
        if (wallet !== undefined) await context.wallets.require(wallet);
        const named = await gatewayApi({ baseUrl: gatewayUrl, fetch: context.fetch }).network(context.signal);
        const { chainId, contracts } = named;
        const chain = await openChain({ rpcUrl, fetch: context.fetch, chainId, contracts });
        await verifyGateway(chain, named);
        const network: NamedNetwork = {
          gatewayUrl,
          rpcUrl,
          chainId,
          contracts,
          ...(wallet === undefined ? {} : { wallet }),
        };
        await context.configFile.change((config) => ({
          ...config,
          currentNetwork: name,
          networks: { ...config.networks, [name]: network },
        }));
        context.terminal.stderr(formatFacts(Object.entries(contracts)));
        context.terminal.done(
          `Network "${name}" (chain ${chainId}) is in use, with these contracts. Compare them with a source you trust.`,
        );
      });
    });
}

import { ProtocolError } from "@fizz/protocol/errors";
import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";

/** Gives the choice back to the running local network. */
const LOCAL = "local";

export function addNetworkUse(parent: Command, shell: Shell): void {
  parent
    .command("use")
    .description(`use a network of the config file from now on; "${LOCAL}" is the one that npm start runs`)
    .argument("<name>", "name of the network")
    .action(async (name: string, _options: unknown, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { networks } = await context.config();
        const isKept = Object.hasOwn(networks, name);
        if (!isKept && name !== LOCAL)
          throw new ProtocolError(
            "USAGE",
            `There is no network "${name}". Add it with \`fizz network add\`.`,
          );
        await context.configFile.change(({ version, networks: kept, currentWallet }) => ({
          version,
          networks: kept,
          ...(currentWallet === undefined ? {} : { currentWallet }),
          ...(isKept ? { currentNetwork: name } : {}),
        }));
        context.terminal.done(`Network "${name}" is in use`);
      });
    });
}

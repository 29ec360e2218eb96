import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { CLI_VERSION } from "../version.ts";

export function addVersion(parent: Command, shell: Shell): void {
  parent
    .command("version")
    .description("show the version")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), ({ terminal }) => {
        if (options.json === true) terminal.json({ version: CLI_VERSION, node: process.versions.node });
        else terminal.data(`fizz ${CLI_VERSION} (Node ${process.versions.node})`);
        return Promise.resolve();
      });
    });
}

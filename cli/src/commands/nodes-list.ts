import { MAX_NODES_PER_PAGE, type NodeEntry } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { diskOf, freeOf, stateOf, uptimeOf } from "../output/node-facts.ts";
import { formatTable } from "../output/table.ts";
import { pageOf, type PageOptions, withPageOptions } from "../page-options.ts";
import { type NodesFilter, nodesFilterOf, withNodesFilter } from "./nodes-filter.ts";

interface Options extends PageOptions, NodesFilter {
  readonly json?: boolean;
}

const HEADING = ["NODE", "STATE", "MODE", "REGION", "FREE", "DISK LIMIT", "UPTIME"];

export function addNodesList(parent: Command, shell: Shell): void {
  const command = parent
    .command("list")
    .alias("ls")
    .description("list the machines of the gateway that are there; by its word");
  withPageOptions(withNodesFilter(command), MAX_NODES_PER_PAGE)
    .option("--json", "one line of JSON for the page")
    .action(async (options: Options, given: Command) => {
      await shell.run(flagsOf(given), async (context) => {
        const { terminal } = context;
        const page = await (
          await context.gateway()
        ).nodes({ ...nodesFilterOf(options), ...pageOf(options) }, context.signal);
        if (options.json === true) {
          terminal.json(page);
          return;
        }
        terminal.stdout(formatTable(HEADING, page.nodes.map(rowOf)));
        terminal.note(
          "DISK LIMIT is how a node holds what a container has on disk to its lease: `nodes show ID`",
        );
        if (page.nextCursor !== null) terminal.note(`there is more: --cursor ${page.nextCursor}`);
      });
    });
}

function rowOf(node: NodeEntry): string[] {
  const { nodeId, mode, region } = node;
  return [`${nodeId}`, stateOf(node), mode, region, freeOf(node), diskOf(node).name, uptimeOf(node)];
}

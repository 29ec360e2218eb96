import { type Address } from "viem";
import { chainLeaseStates } from "@fizz/protocol/chain";
import { type HistoryLease } from "@fizz/protocol/messages";
import { type Command, Option } from "commander";
import { parseAddress, parseId } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type HistoryOptions, wantsJson, withHistoryOptions } from "../history/history-options.ts";
import { checkPage, tellPage } from "../history/tell-page.ts";
import { showTime } from "../output/format.ts";
import { formatTable } from "../output/table.ts";
import { pageOf } from "../page-options.ts";

type State = HistoryLease["state"];

interface Options extends HistoryOptions {
  readonly tenant?: Address;
  readonly node?: bigint;
  readonly subnet?: bigint;
  readonly state?: State;
}

export function addLeaseList(parent: Command, shell: Shell): void {
  const command = parent
    .command("list")
    .alias("ls")
    .description("list leases of anybody, the newest first; by the gateway's word")
    .option("--tenant <address>", "only of this tenant", parseAddress)
    .option("--node <id>", "only of this node", parseId)
    .option("--subnet <id>", "only of this subnet", parseId)
    .addOption(
      new Option("--state <state>", "only in this state").choices(
        chainLeaseStates.filter((state) => state !== "none"),
      ),
    );
  withHistoryOptions(command).action(async (options: Options, own: Command) => {
    await shell.run(flagsOf(own), async (context) => {
      const { tenant, node, subnet, state } = options;
      const query = {
        ...(tenant !== undefined && { tenant }),
        ...(node !== undefined && { nodeId: node.toString() }),
        ...(subnet !== undefined && { subnetId: subnet.toString() }),
        ...(state !== undefined && { state }),
        ...pageOf(options),
      };
      const page = await (await context.gateway()).leases(query, context.signal);
      await checkPage(context, page);
      tellPage(context, page, {
        json: wantsJson(options),
        table: () =>
          formatTable(["LID", "STATE", "NODE", "SUBNET", "TENANT", "OPENED"], page.leases.map(rowOf)),
      });
    });
  });
}

function rowOf({ lid, state, nodeId, subnetId, tenant, opened }: HistoryLease): string[] {
  return [`${lid}`, state, `${nodeId}`, `${subnetId}`, tenant, showTime(opened.time * 1_000)];
}

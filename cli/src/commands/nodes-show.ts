import { type NodeEntry } from "@fizz/protocol/messages";
import { performanceTierOf } from "@fizz/protocol/tiers";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { showAmount, showTime } from "../output/format.ts";
import { diskOf, freeOf, stateOf, totalOf, uptimeOf } from "../output/node-facts.ts";
import { formatFacts } from "../output/table.ts";

export function addNodesShow(parent: Command, shell: Shell): void {
  parent
    .command("show")
    .description("what the gateway says of a machine: what is free, its prices, how its disk is limited")
    .argument("<id>", "number of the node", parseId)
    .option("--json", "one line of JSON")
    .action(async (id: bigint, options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const node = await (await context.gateway()).node(id, context.signal);
        if (options.json === true) {
          context.terminal.json(node);
          return;
        }
        const token = await tokenAt(await context.chain(), node.offer.prices.token);
        context.terminal.stdout(formatFacts(factsOf(node, token)));
      });
    });
}

function factsOf(node: NodeEntry, token: Token): [string, string][] {
  const { nodeId, mode, status, region, owner, agentVersion, lastSeenAt, strikes, offer } = node;
  const price = (perHour: bigint): string => `${showAmount(perHour, token)}/h`;
  const { cpuPerHour, memoryGiBPerHour, storageGiBPerHour, gpuPerHour } = offer.prices;
  const disk = diskOf(node);
  return [
    ["Node", `${nodeId}, ${mode}, ${status} on chain, ${stateOf(node)}`],
    ["Region", region],
    ["Owner", owner],
    ["Registered", totalOf(node)],
    ["Free", freeOf(node)],
    ["CPU tier", performanceTierOf(node.cpuTier)?.name ?? "not rated"],
    ["Price of a CPU", price(cpuPerHour)],
    ["Price of a GiB of memory", price(memoryGiBPerHour)],
    ["Price of a GiB of disk", price(storageGiBPerHour)],
    ...Object.entries(gpuPerHour).map(([model, perHour]): [string, string] => [
      model === "*" ? "Price of any other GPU" : `Price of a GPU, ${model}`,
      price(perHour),
    ]),
    ["Disk limit", `${disk.name}: ${disk.meaning}`],
    ["Uptime of 7 days", uptimeOf(node)],
    ["Missed starts", `${strikes}`],
    ["Last heard of", `${showTime(lastSeenAt)}, version ${agentVersion}`],
  ];
}

import { bytes32Schema } from "@fizz/protocol/messages";
import { type Command, InvalidArgumentError } from "commander";
import { type Hex } from "viem";
import { flagsOf, type Shell } from "../command.ts";
import { requestFacts, requestRows } from "../output/print-request.ts";
import { formatFacts } from "../output/table.ts";

export function addRequestGet(parent: Command, shell: Shell): void {
  parent
    .command("get")
    .description("tell what became of a signed call that the gateway pays for; by its word")
    .argument("<id>", "of the request, as list and the failed command told it", parseRequestId)
    .option("--json", "as one line of JSON")
    .action(async (id: Hex, options: { json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const request = await (await context.gateway()).relayedRequest(id, context.signal);
        if (options.json === true) terminal.json(requestFacts(request));
        else terminal.stdout(formatFacts(requestRows(request)));
      });
    });
}

function parseRequestId(text: string): Hex {
  const id = bytes32Schema.safeParse(text);
  if (id.success) return id.data;
  throw new InvalidArgumentError("Write the id of a request, 0x and 64 hex digits.");
}

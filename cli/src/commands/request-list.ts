import { type RelayedRequest, type SignerQueue } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { type Address } from "viem";
import { parseAddress } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { requestFacts, stateOf } from "../output/print-request.ts";
import { showTime } from "../output/format.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly signer?: Address;
  readonly json?: boolean;
}

export function addRequestList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .alias("ls")
    .description("list signed calls that wait for the gateway to pay for them")
    .option("--signer <address>", "of this wallet; the chosen one when it is not said", parseAddress)
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const signer = options.signer ?? (await context.wallet()).address;
        const queue = await (await context.gateway()).signerQueue(signer, context.signal);
        if (options.json === true) context.terminal.json(factsOf(queue));
        else tell(context, queue);
      });
    });
}

function factsOf({ signer, nextNonce, requests }: SignerQueue): object {
  return { signer, nextNonce: nextNonce.toString(), requests: requests.map(requestFacts) };
}

function tell({ terminal }: Context, { signer, nextNonce, requests }: SignerQueue): void {
  if (requests.length === 0) terminal.note(`nothing of ${signer} waits at the gateway`);
  else terminal.stdout(formatTable(["NONCE", "STATE", "RECEIVED", "TRANSACTION", "ID"], requests.map(rowOf)));
  terminal.note(`its next request has the nonce ${nextNonce}`);
}

function rowOf(request: RelayedRequest): string[] {
  const { id, nonce, receivedAt, txHash } = request;
  return [`${nonce}`, stateOf(request), showTime(receivedAt), txHash ?? "none yet", id];
}

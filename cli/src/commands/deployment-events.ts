import { type ProtocolError } from "@fizz/protocol/errors";
import { type LeaseEvent } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { followEvents } from "../deployment/follow-events.ts";
import { showTime } from "../output/format.ts";
import { plainLine } from "../output/plain-text.ts";
import { openSession } from "../session/open-session.ts";

interface Options {
  readonly lid: bigint;
  readonly follow?: boolean;
  readonly cursor?: bigint;
  readonly json?: boolean;
}

export function addDeploymentEvents(parent: Command, shell: Shell): void {
  parent
    .command("events")
    .description("print what happened to a deployment on its node")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-f, --follow", "go on with new events")
    .option("--cursor <number>", "only events after this one", parseId)
    .option("--json", "one line of JSON per event")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const session = await openSession(context, lease);
        const cursor = Number(options.cursor ?? 0n);
        const print = (event: LeaseEvent): void => {
          printEvent(context, event, options.json === true);
        };
        if (options.follow !== true) {
          for await (const batch of session.events({ follow: false, cursor }, context.signal))
            batch.forEach(print);
          return;
        }
        const onLost = (error: ProtocolError): void => {
          context.terminal.note(`${error.message} Trying again.`);
        };
        const open = (): Promise<typeof session> => Promise.resolve(session);
        for await (const event of followEvents(context, { open, signal: context.signal, cursor, onLost }))
          print(event);
      });
    });
}

function printEvent({ terminal }: Context, event: LeaseEvent, json: boolean): void {
  if (json) {
    terminal.json(event);
    return;
  }
  const where = event.service === undefined ? "" : ` ${event.service}-${event.replica ?? 0}`;
  terminal.data(plainLine(`${showTime(event.at)} ${event.code}${where} ${event.message}`));
}

import { ProtocolError } from "@fizz/protocol/errors";
import { type LogLine, type LogsQuery } from "@fizz/protocol/messages";
import { type Command, Option } from "commander";
import { parseId, parseIndex, parseSince, parseTail } from "../arguments.ts";
import { requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { followLogs } from "../deployment/follow-logs.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";

interface Options {
  readonly lid: bigint;
  readonly follow?: boolean;
  readonly tail: number | null;
  readonly service?: string;
  readonly replicaIndex?: number;
  readonly since?: number;
  readonly search?: string;
  readonly timestamps?: boolean;
  readonly startup?: boolean;
  readonly output: "text" | "json";
}

export function addDeploymentLogs(parent: Command, shell: Shell): void {
  parent
    .command("logs")
    .description("print what the containers wrote")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-f, --follow", "go on with new lines")
    .option("-t, --tail <lines>", 'last lines per container, or "all"', parseTail, null)
    .option("-s, --service <name>", "only this service")
    .option("-r, --replica-index <index>", "only this replica", parseIndex)
    .option("--since <time>", "only what is newer: 15min, 2h, or a time with its date", parseSince)
    .option("--search <text>", "only lines with this text, in whatever case; --tail counts those")
    .option("--timestamps", "with the time of each line, in UTC")
    .option("--startup", "the steps of the start instead of the containers' output")
    .addOption(
      new Option("-o, --output <format>", "one line of JSON per line")
        .choices(["text", "json"])
        .default("text"),
    )
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        if (lease.state === "closed")
          throw new ProtocolError(
            "LEASE_WRONG_STATE",
            `Lease ${lease.lid} is closed; its node keeps no logs of it.`,
          );
        const session = await openSession(context, lease);
        await printLogs(context, session, options);
      });
    });
}

/** Prints the feed to its end; while following, a lost connection is made again. */
async function printLogs(context: Context, session: NodeSession, options: Options): Promise<void> {
  const { signal, terminal } = context;
  const onLost = (error: ProtocolError): void => {
    terminal.note(`${error.message} Trying again.`);
  };
  for await (const line of followLogs({ session, query: queryOf(options), signal, onLost }))
    printLine(context, line, options);
}

function queryOf(options: Options): LogsQuery {
  const { follow, tail, startup, service, replicaIndex, since, search } = options;
  return {
    ...{ follow: follow === true, tail, startup: startup === true },
    ...(service === undefined ? {} : { service }),
    ...(replicaIndex === undefined ? {} : { replica: replicaIndex }),
    ...(since === undefined ? {} : { since }),
    ...(search === undefined ? {} : { search }),
  };
}

function printLine({ terminal }: Context, line: LogLine, { output, timestamps }: Options): void {
  if (output === "json") {
    terminal.json(line);
    return;
  }
  const time = timestamps === true ? `${new Date(line.at).toISOString()} ` : "";
  const origin = line.stream === "startup" ? "" : `${line.service}-${line.replica} | `;
  terminal.written(`${time}${origin}`, line.text);
}

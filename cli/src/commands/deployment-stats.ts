import { ProtocolError } from "@fizz/protocol/errors";
import { type StatsQuery, type StatsSnapshot } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId, parseIndex } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { formatStats } from "../output/print-stats.ts";
import { backOff, pause } from "../pause.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";
import { requireRunningLease } from "../session/require-running-lease.ts";

interface Options {
  readonly lid: bigint;
  readonly follow?: boolean;
  readonly service?: string;
  readonly replicaIndex?: number;
  readonly json?: boolean;
}

export function addDeploymentStats(parent: Command, shell: Shell): void {
  parent
    .command("stats")
    .description("show what the containers use: CPU, memory, network, disk, processes")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-f, --follow", "go on, once a second")
    .option("-s, --service <name>", "only this service")
    .option("-r, --replica-index <index>", "only this replica", parseIndex)
    .option("--json", "one line of JSON per second")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const lease = await requireRunningLease(context, options.lid);
        await printStats(context, await openSession(context, lease), options);
      });
    });
}

/** Prints the feed to its end; while following, a lost connection is made again. */
async function printStats(context: Context, session: NodeSession, options: Options): Promise<void> {
  const query = queryOf(options);
  let hasShown = false;
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const snapshots of session.stats(query, context.signal)) {
        tries = 0;
        hasShown = true;
        for (const snapshot of snapshots) printSnapshot(context, snapshot, options);
      }
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      const isTemporary = error instanceof ProtocolError && error.retryable;
      if (!query.follow || !hasShown || !isTemporary) throw error;
      context.terminal.note(`${error.message} Trying again.`);
    }
    await pause(backOff(tries), context.signal);
  }
}

function queryOf({ follow, service, replicaIndex }: Options): StatsQuery {
  return {
    follow: follow === true,
    ...(service === undefined ? {} : { service }),
    ...(replicaIndex === undefined ? {} : { replica: replicaIndex }),
  };
}

/** While following at a terminal, each table takes the place of the one before. */
function printSnapshot({ terminal }: Context, snapshot: StatsSnapshot, { json, follow }: Options): void {
  if (json === true) terminal.json(snapshot);
  else if (follow === true) terminal.frame(formatStats(snapshot.replicas));
  else terminal.stdout(formatStats(snapshot.replicas));
}

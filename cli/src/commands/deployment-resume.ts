import { type Command } from "commander";
import { parseId, parseSeconds } from "../arguments.ts";
import { requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { viewOf } from "../deployment/lease-view.ts";
import { resumeLease } from "../deployment/resume-lease.ts";
import { printDeployment } from "../output/print-deployment.ts";

interface Options {
  readonly lid: bigint;
  readonly json?: boolean;
  readonly timeout?: number;
}

export function addDeploymentResume(parent: Command, shell: Shell): void {
  parent
    .command("resume")
    .description("go on where an interrupted create stopped: deliver the manifest again and watch the start")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("--json", "end with one line of JSON on stdout")
    .option(
      "--timeout <duration>",
      "stop watching after this time; otherwise the node's start window",
      parseSeconds,
    )
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const started = await resumeLease(context, lease, options.timeout);
        context.terminal.done("Deployment finished");
        const view = viewOf(started.lease, started.status);
        if (options.json === true) context.terminal.json(view);
        else printDeployment(context.terminal, view);
      });
    });
}

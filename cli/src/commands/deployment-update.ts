import { type Command } from "commander";
import { parseId, parseSeconds } from "../arguments.ts";
import { requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { viewOf } from "../deployment/lease-view.ts";
import { readManifest } from "../deployment/read-manifest.ts";
import { updateDeployment } from "../deployment/update-deployment.ts";
import { printDeployment } from "../output/print-deployment.ts";

interface Options {
  readonly lid: bigint;
  readonly yes?: boolean;
  readonly sponsored?: boolean;
  readonly json?: boolean;
  readonly timeout?: number;
}

export function addDeploymentUpdate(parent: Command, shell: Shell): void {
  parent
    .command("update")
    .description("bring a running deployment to a new manifest")
    .argument("<file>", "the new manifest, YAML")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-y, --yes", "ask nothing: take the new price")
    .option("--sponsored", "the gateway pays the gas, if it does so for you")
    .option("--json", "end with one line of JSON on stdout")
    .option("--timeout <duration>", "time that the node gets (default: 10min)", parseSeconds)
    .action(async (file: string, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        terminal.step(`Validating manifest ${file}`);
        const checked = await readManifest(terminal, file);
        terminal.done("Manifest validated");
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const updated = await updateDeployment(context, {
          lease,
          checked,
          options: {
            timeoutSeconds: options.timeout,
            yes: options.yes === true,
            isSponsored: options.sponsored === true,
          },
        });
        terminal.done(`Version ${updated.lease.version} runs`);
        const view = viewOf(updated.lease, updated.status);
        if (options.json === true) terminal.json({ ...view, version: updated.lease.version });
        else printDeployment(terminal, view);
      });
    });
}

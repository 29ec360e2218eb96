import { type Command, Option } from "commander";
import { parseDecimal, parseId, parseSeconds, parseWait } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { createDeployment } from "../deployment/create-deployment.ts";
import { type DepositPolicy, depositPolicies } from "../deployment/escrow.ts";
import { makeDeal } from "../deployment/make-deal.ts";
import { viewOf } from "../deployment/lease-view.ts";
import { readManifest } from "../deployment/read-manifest.ts";
import { printDeal } from "../output/print-deal.ts";
import { printDeployment } from "../output/print-deployment.ts";

interface Options {
  readonly prepaid?: number;
  readonly maxPrice?: string;
  readonly node?: bigint;
  readonly wait?: number;
  readonly deposit: DepositPolicy;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly timeout?: number;
}

export function addDeploymentCreate(parent: Command, shell: Shell): void {
  parent
    .command("create")
    .description("lease a node and run a manifest on it")
    .argument("<file>", "the manifest, YAML")
    .option(
      "--prepaid <duration>",
      "time to lock in advance; otherwise the manifest's duration",
      parseSeconds,
    )
    .option("--max-price <amount>", "most that the whole lease may cost per hour, in tokens", parseDecimal)
    .option("--node <id>", "only this node", parseId)
    .option("--wait <duration>", "time to wait while nobody bids", parseWait)
    .addOption(
      new Option("--deposit <policy>", "when the escrow account does not cover it")
        .choices(depositPolicies)
        .default("ask"),
    )
    .option("--dry-run", "stop before the order: show who bids and what it would cost")
    .option("-y, --yes", "ask nothing: order, and deposit what is missing")
    .option("--json", "end with one line of JSON on stdout")
    .option(
      "--timeout <duration>",
      "stop watching after this time; otherwise the node's start window",
      parseSeconds,
    )
    .action(async (file: string, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        await create(context, file, options);
      });
    });
}

async function create(context: Context, file: string, options: Options): Promise<void> {
  const { terminal } = context;
  const json = options.json === true;
  terminal.step(`Validating manifest ${file}`);
  const checked = await readManifest(terminal, file);
  terminal.done("Manifest validated");
  const deal = await makeDeal(context, checked, {
    prepaidSeconds: options.prepaid,
    maxPrice: options.maxPrice,
    nodeId: options.node,
    waitSeconds: options.wait,
  });
  if (options.dryRun === true) {
    printDeal(terminal, deal, json);
    return;
  }
  const { lease, status } = await createDeployment(context, {
    deal,
    text: checked.text,
    deposit: options.deposit,
    yes: options.yes === true,
    timeoutSeconds: options.timeout,
  });
  terminal.done("Deployment finished");
  const view = viewOf(lease, status);
  if (json) terminal.json(view);
  else printDeployment(terminal, view);
  terminal.note(`next: fizz deployment logs --lid ${lease.lid} --follow`);
}

import { Command, type OutputConfiguration } from "commander";
import { parseUrl } from "./arguments.ts";
import { type Shell } from "./command.ts";
import { addConnect } from "./commands/connect.ts";
import { addDeploymentClose } from "./commands/deployment-close.ts";
import { addDeploymentCp } from "./commands/deployment-cp.ts";
import { addDeploymentCreate } from "./commands/deployment-create.ts";
import { addDeploymentEvents } from "./commands/deployment-events.ts";
import { addDeploymentGet } from "./commands/deployment-get.ts";
import { addDeploymentList } from "./commands/deployment-list.ts";
import { addDeploymentLogs } from "./commands/deployment-logs.ts";
import { addDeploymentResume } from "./commands/deployment-resume.ts";
import { addDeploymentShell } from "./commands/deployment-shell.ts";
import { addDeploymentStats } from "./commands/deployment-stats.ts";
import { addDeploymentTopup } from "./commands/deployment-topup.ts";
import { addDeploymentUpdate } from "./commands/deployment-update.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEarnings } from "./commands/earnings.ts";
import { addLeaseHistory } from "./commands/lease-history.ts";
import { addLeaseList } from "./commands/lease-list.ts";
import { addManifestConvert } from "./commands/manifest-convert.ts";
import { addManifestInit } from "./commands/manifest-init.ts";
import { addManifestValidate } from "./commands/manifest-validate.ts";
import { addNetworkAdd } from "./commands/network-add.ts";
import { addNetworkList } from "./commands/network-list.ts";
import { addNetworkShow } from "./commands/network-show.ts";
import { addNetworkUse } from "./commands/network-use.ts";
import { addNodesList } from "./commands/nodes-list.ts";
import { addNodesShow } from "./commands/nodes-show.ts";
import { addPaymentBalance } from "./commands/payment-balance.ts";
import { addPaymentDeposit } from "./commands/payment-deposit.ts";
import { addPaymentTokens } from "./commands/payment-tokens.ts";
import { addPaymentWithdraw } from "./commands/payment-withdraw.ts";
import { addQuotesExplain } from "./commands/quotes-explain.ts";
import { addQuotesList } from "./commands/quotes-list.ts";
import { addRequestGet } from "./commands/request-get.ts";
import { addRequestList } from "./commands/request-list.ts";
import { addSessionList } from "./commands/session-list.ts";
import { addSessionRevoke } from "./commands/session-revoke.ts";
import { addVersion } from "./commands/version.ts";
import { addWalletBalance } from "./commands/wallet-balance.ts";
import { addWalletCreate } from "./commands/wallet-create.ts";
import { addWalletCurrent } from "./commands/wallet-current.ts";
import { addWalletImport } from "./commands/wallet-import.ts";
import { addWalletList } from "./commands/wallet-list.ts";
import { addWalletUse } from "./commands/wallet-use.ts";
import { CLI_VERSION } from "./version.ts";

type AddCommand = (parent: Command, shell: Shell) => void;

/** Every group with its commands. */
const groups: readonly (readonly [string, string, readonly AddCommand[]])[] = [
  [
    "deployment",
    "lease nodes and run manifests on them",
    [
      addDeploymentCreate,
      addDeploymentGet,
      addDeploymentList,
      addDeploymentLogs,
      addDeploymentEvents,
      addDeploymentStats,
      addDeploymentShell,
      addDeploymentCp,
      addDeploymentUpdate,
      addDeploymentResume,
      addDeploymentTopup,
      addDeploymentClose,
    ],
  ],
  ["lease", "what the chain said of leases, anybody's", [addLeaseList, addLeaseHistory]],
  ["session", "what the wallet has granted, and taking it back", [addSessionList, addSessionRevoke]],
  ["nodes", "the machines that a gateway knows", [addNodesList, addNodesShow]],
  ["request", "signed calls for which a gateway pays the gas", [addRequestList, addRequestGet]],
  ["quotes", "who would run a manifest, and why in this order", [addQuotesList, addQuotesExplain]],
  [
    "wallet",
    "keys that sign for you",
    [addWalletCreate, addWalletImport, addWalletUse, addWalletCurrent, addWalletBalance, addWalletList],
  ],
  [
    "payment",
    "the escrow account that pays for leases",
    [addPaymentDeposit, addPaymentWithdraw, addPaymentBalance, addPaymentTokens],
  ],
  ["manifest", "manifests, offline", [addManifestInit, addManifestConvert, addManifestValidate]],
  [
    "network",
    "which chain and gateway are used",
    [addNetworkShow, addNetworkAdd, addNetworkUse, addNetworkList],
  ],
];

const AFTER = `
Programs of their own, with their own --help:
  fizz node …       offer a machine
  fizz gateway …    run a gateway

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 invalid manifest, 4 insufficient funds or escrow,
5 chain, gateway or node unreachable, 6 refused, 7 timeout, 130 interrupted; after \`deployment shell\`, the program's own.
stdout carries data, stderr progress. The dApp and docs/CLI.md say more.`;

/** The whole command line. Errors of usage are thrown, not printed. */
export function createProgram(shell: Shell, output: OutputConfiguration): Command {
  const program = new Command("fizz")
    .description("Lease other people's spare machines by the second and run containers on them.")
    .version(CLI_VERSION, "-V, --version", "show the version")
    .option("--network <name>", "a network of the config file")
    .option("--gateway <url>", "the gateway's API; or FIZZ_GATEWAY", parseUrl)
    .option("--rpc <url>", "the chain's RPC; or FIZZ_RPC_URL", parseUrl)
    .option("--wallet <name>", "a stored wallet; or its key in FIZZ_PRIVATE_KEY")
    .option("--explain", "tell each RPC and HTTP call on stderr")
    .option("--no-color", "no colours; also NO_COLOR")
    .addHelpText("after", AFTER)
    .exitOverride()
    .configureOutput(output);
  for (const [name, description, commands] of groups) {
    const group = program.command(name).description(description);
    for (const add of commands) add(group, shell);
  }
  addConnect(program, shell);
  addEarnings(program, shell);
  addDoctor(program, shell);
  addVersion(program, shell);
  return program;
}

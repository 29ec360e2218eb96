import { ProtocolError } from "@fizz/protocol/errors";
import { type DeploymentStatus } from "@fizz/protocol/messages";
import { nameOfReason } from "@fizz/protocol/reasons";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { type Lease, endOf, paidUntil, pendingUpdateOf, requireOwnLease } from "../chain/lease-market.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { viewOf } from "../deployment/lease-view.ts";
import { showAmount, showHourly, showTime } from "../output/format.ts";
import { printDeployment, printServices } from "../output/print-deployment.ts";
import { openSession } from "../session/open-session.ts";

interface Options {
  readonly lid: bigint;
  readonly json?: boolean;
}

/** What the chain says of a lease beside the stable fields. */
interface ChainFacts {
  readonly token: Token;
  readonly paidUntil: number;
  readonly pendingVersion: number;
  readonly end: { readonly reason: number; readonly refunded: bigint } | undefined;
}

export function addDeploymentGet(parent: Command, shell: Shell): void {
  parent
    .command("get")
    .description("show a deployment: what the chain says and what its node says")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const [chain, { address }] = [await context.chain(), await context.wallet()];
        const lease = await requireOwnLease(chain, options.lid, address);
        const facts = await chainFacts(context, lease);
        const { status, failure } = await nodeStatus(context, lease);
        if (options.json === true) printJson(context, { lease, facts, status });
        else printText(context, { lease, facts, status });
        if (lease.state === "closed") await (await context.leases()).remove(lease.leaseHash);
        if (failure !== undefined) throw noResponse(failure);
      });
    });
}

/** The message that tenants know, before what is known of the cause. */
function noResponse(cause: ProtocolError): ProtocolError {
  const message = `Deployment details not available. No response from host. ${cause.message}`;
  return new ProtocolError(cause.code, message, { cause });
}

async function chainFacts(context: Context, lease: Lease): Promise<ChainFacts> {
  const chain = await context.chain();
  const closed = lease.state === "closed";
  return {
    token: await tokenAt(chain, lease.token),
    paidUntil: await paidUntil(chain, lease.lid),
    pendingVersion: (await pendingUpdateOf(chain, lease.lid)).version,
    end: closed ? await endOf(chain, lease.lid).catch(() => undefined) : undefined,
  };
}

/** What the node says; nothing of a lease that is over, or whose node is away. */
async function nodeStatus(
  context: Context,
  lease: Lease,
): Promise<{ status: DeploymentStatus | undefined; failure: ProtocolError | undefined }> {
  if (lease.state === "closed") return { status: undefined, failure: undefined };
  try {
    const session = await openSession(context, lease);
    return { status: await session.status(context.signal), failure: undefined };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ProtocolError) || !error.retryable) throw error;
    return { status: undefined, failure: error };
  }
}

interface Shown {
  readonly lease: Lease;
  readonly facts: ChainFacts;
  readonly status: DeploymentStatus | undefined;
}

function printJson({ terminal }: Context, { lease, facts, status }: Shown): void {
  terminal.json({
    ...viewOf(lease, status),
    available: status !== undefined,
    leaseHash: lease.leaseHash,
    tenant: lease.tenant,
    subnet: lease.subnetId,
    version: lease.version,
    pendingVersion: facts.pendingVersion === 0 ? null : facts.pendingVersion,
    token: facts.token.symbol,
    tokenAddress: lease.token,
    ratePerSecond: lease.ratePerSecond,
    balance: lease.balance,
    paidUntil: facts.paidUntil === 0 ? null : facts.paidUntil,
    services: status?.services ?? [],
    closed:
      facts.end === undefined
        ? null
        : {
            reason: nameOfReason(facts.end.reason),
            reasonCode: facts.end.reason,
            refunded: facts.end.refunded,
          },
  });
}

function printText({ terminal }: Context, { lease, facts, status }: Shown): void {
  const { token, end } = facts;
  printDeployment(terminal, viewOf(lease, status), [
    [
      "Version",
      facts.pendingVersion === 0 ? `${lease.version}` : `${lease.version}, ${facts.pendingVersion} requested`,
    ],
    ["Price", showHourly(lease.ratePerSecond, token)],
    ["Balance", showAmount(lease.balance, token)],
    ...(facts.paidUntil === 0 ? [] : [["Paid until", showTime(facts.paidUntil * 1_000)] as const]),
    ...(end === undefined
      ? []
      : [
          [
            "Closed",
            `${nameOfReason(end.reason)} (${end.reason}), ${showAmount(end.refunded, token)} refunded`,
          ] as const,
        ]),
  ]);
  printServices(terminal, status?.services ?? []);
}

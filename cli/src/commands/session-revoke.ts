import { ProtocolError } from "@fizz/protocol/errors";
import { type Command } from "commander";
import { type Hex } from "viem";
import { parseId, parseSessionKey } from "../arguments.ts";
import { type Lease, leasesOf, requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { showTime } from "../output/format.ts";
import { pause } from "../pause.ts";
import { type Revocation, revokeSessions } from "../session/revoke-sessions.ts";

const MS_PER_SECOND = 1_000;

interface Options {
  readonly lid?: bigint;
  readonly all?: boolean;
  readonly key?: Hex;
  readonly json?: boolean;
}

export function addSessionRevoke(parent: Command, shell: Shell): void {
  parent
    .command("revoke")
    .description("take back what the wallet has granted: shells, logs, private connections end at once")
    .option("--lid <id>", "of this lease", parseId)
    .option("-a, --all", "of every lease of the wallet that runs")
    .option("-k, --key <key>", "only the grants of this session key", parseSessionKey)
    .option("--json", "as one line of JSON")
    .action(async (options: Options, command: Command) => {
      if ((options.lid === undefined) === (options.all !== true))
        throw new ProtocolError("USAGE", "Say which lease with --lid, or --all.");
      await shell.run(flagsOf(command), async (context) => {
        await revoke(context, await wanted(context, options), options);
      });
    });
}

async function wanted(context: Context, { lid }: Options): Promise<Lease[]> {
  const [chain, { address }] = [await context.chain(), await context.wallet()];
  if (lid !== undefined) return [await requireOwnLease(chain, lid, address)];
  return (await leasesOf(chain, address)).filter(({ state }) => state !== "closed");
}

/** Each lease by itself: one node that is away keeps no other from being told. */
async function revoke(context: Context, leases: readonly Lease[], { key, json }: Options): Promise<void> {
  const revoked: Revocation[] = [];
  const failed: { lid: number; code: string; message: string }[] = [];
  let first: ProtocolError | undefined;
  for (const lease of leases) {
    try {
      const done = await revokeSessions(context, lease, key);
      revoked.push(done);
      if (json !== true) tell(context, done);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      first ??= error;
      failed.push({ lid: Number(lease.lid), code: error.code, message: error.message });
      if (leases.length > 1) context.terminal.note(`lease ${lease.lid}: NOT revoked: ${error.message}`);
    }
  }
  if (json === true)
    context.terminal.json({
      revoked: revoked.map(({ lid, upTo, ended }) => ({ lid: Number(lid), upTo, ended })),
      failed,
    });
  if (leases.length === 0) context.terminal.note("no leases that run");
  if (first !== undefined) throw first;
  // What is signed within the second of a revocation is revoked as well: the next command is not to be.
  await pause(MS_PER_SECOND, context.signal);
}

function tell({ terminal }: Context, { lid, upTo, ended, clockAhead }: Revocation): void {
  const what = ended === 1 ? "1 session" : `${ended} sessions`;
  terminal.data(`lease ${lid}: revoked what was granted until now; ${what} ended`);
  terminal.note(`the node keeps it until ${showTime(upTo * MS_PER_SECOND)}, when the last of them expires`);
  if (clockAhead > 0)
    terminal.warn(
      `this machine's clock is ${clockAhead} s behind the node's. What was granted in that time may still be good: set the clock, and revoke again.`,
    );
}

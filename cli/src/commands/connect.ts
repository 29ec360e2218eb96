import { ProtocolError } from "@fizz/protocol/errors";
import { openPartSchema } from "@fizz/protocol/manifest";
import { type ConnectTarget } from "@fizz/protocol/messages";
import { type Command, Option } from "commander";
import { parseId, parseIndex, parsePortPair, type PortPair } from "../arguments.ts";
import { type Lease, requireOwnLease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { chooseTarget } from "../connect/choose-target.ts";
import { ConnectReport } from "../connect/connect-report.ts";
import { listenOnPort } from "../connect/listen-on-port.ts";
import { carryStdio } from "../connect/stdio.ts";
import { type Context } from "../context.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";

interface Options {
  readonly lid: bigint;
  readonly service?: string;
  readonly replica: number;
  readonly stdio?: boolean;
  readonly output: "text" | "json";
}

export function addConnect(parent: Command, shell: Shell): void {
  parent
    .command("connect")
    .description("open a local port to a service: end to end encrypted, directly where the networks allow it")
    .argument("<[local:]port>", "port of the service, and of this machine when it is another", parsePortPair)
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-s, --service <name>", "the service; not needed when only one exposes the port")
    .option("-r, --replica <index>", "which of its replicas", parseIndex, 0)
    .option("--stdio", "standard input and output instead of a local port, as for ssh's ProxyCommand")
    .addOption(
      new Option("-o, --output <format>", "what is printed: text, or one line of JSON per event")
        .choices(["text", "json"])
        .default("text"),
    )
    .action(async (ports: PortPair, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        await connect(context, ports, options);
      });
    });
}

async function connect(context: Context, ports: PortPair, options: Options): Promise<void> {
  const [chain, { address }] = [await context.chain(), await context.wallet()];
  const lease = await requireOwnLease(chain, options.lid, address);
  if (lease.state === "closed")
    throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${lease.lid} is closed; nothing runs on it.`);
  const sessions = new Sessions(context, lease);
  const { openPart } = await (await sessions.current()).status(context.signal);
  const { service, replica } = options;
  const target = chooseTarget(openPartSchema.parse(openPart), { port: ports.remote, service, replica });
  const open = (signal: AbortSignal): ReturnType<NodeSession["connect"]> => sessions.open(target, signal);
  if (options.stdio === true) {
    await carryStdio(context, open);
    return;
  }
  await listenOnPort(context, ports, {
    open,
    report: new ConnectReport(context.terminal, { target, lid: lease.lid, output: options.output }),
  });
}

/** The session with the node; a new grant is signed when the old one is over. */
class Sessions {
  readonly #context: Context;
  readonly #lease: Lease;
  #session: Promise<NodeSession> | undefined;

  constructor(context: Context, lease: Lease) {
    this.#context = context;
    this.#lease = lease;
  }

  async current(): Promise<NodeSession> {
    this.#session ??= openSession(this.#context, this.#lease, ["connect"]);
    return await this.#session;
  }

  async open(target: ConnectTarget, signal: AbortSignal): ReturnType<NodeSession["connect"]> {
    const session = await this.current();
    try {
      return await session.connect(target, signal);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== "GRANT_EXPIRED") throw error;
      this.#session = undefined;
      return await (await this.current()).connect(target, signal);
    }
  }
}

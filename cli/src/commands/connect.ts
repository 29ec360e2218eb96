import { type DirectRule, directRules } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { openPartSchema } from "@fizz/protocol/manifest";
import { type ConnectTarget } from "@fizz/protocol/messages";
import { type Command, Option } from "commander";
import { parseId, parseIndex, parsePortPair, type PortPair } from "../arguments.ts";
import { type Lease } from "../chain/lease-market.ts";
import { flagsOf, type Shell } from "../command.ts";
import { chooseTarget } from "../connect/choose-target.ts";
import { ConnectReport } from "../connect/connect-report.ts";
import { listenOnPort } from "../connect/listen-on-port.ts";
import { carryStdio } from "../connect/stdio.ts";
import { type Context } from "../context.ts";
import { type PathChange } from "../session/direct-path.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";
import { requireRunningLease } from "../session/require-running-lease.ts";

/** Time for a direct path before standard input begins on the relay, in milliseconds. */
const STDIO_DIRECT_MS = 2_000;

interface Options {
  readonly lid: bigint;
  readonly service?: string;
  readonly replica: number;
  readonly stdio?: boolean;
  readonly direct: DirectRule;
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
      new Option(
        "--direct <where>",
        "direct connections: to public addresses, to private ones too (a gateway in your own network), or off",
      )
        .choices(directRules)
        .default("public"),
    )
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
  const lease = await requireRunningLease(context, options.lid);
  const report = new ConnectReport(context.terminal, options.output);
  const sessions = new Sessions(context, {
    lease,
    rule: options.direct,
    onPath: (change) => {
      report.path(change);
    },
  });
  const { openPart } = await (await sessions.current()).status(context.signal);
  const { service, replica } = options;
  const target = chooseTarget(openPartSchema.parse(openPart), { port: ports.remote, service, replica });
  const open = (signal: AbortSignal): ReturnType<NodeSession["connect"]> => sessions.open(target, signal);
  if (options.stdio === true) {
    // The one connection stays on the path on which it begins.
    await (await sessions.current()).tryDirect(STDIO_DIRECT_MS);
    await carryStdio(context, open);
    return;
  }
  await listenOnPort(context, ports, {
    open,
    onTrouble: (error) => {
      report.trouble(error);
    },
    onListening: (host, port) => {
      report.listening({ host, port, lid: lease.lid, target });
      sessions.goDirect();
    },
  });
}

interface SessionsInit {
  readonly lease: Lease;
  readonly rule: DirectRule;
  readonly onPath: (change: PathChange) => void;
}

/** The session with the node; a new grant is signed when the old one is over. */
class Sessions {
  readonly #context: Context;
  readonly #init: SessionsInit;
  #session: Promise<NodeSession> | undefined;
  #goesDirect = false;

  constructor(context: Context, init: SessionsInit) {
    this.#context = context;
    this.#init = init;
  }

  async current(): Promise<NodeSession> {
    this.#session ??= this.#open();
    return await this.#session;
  }

  /** Looks for a direct path from now on. */
  goDirect(): void {
    this.#goesDirect = true;
    void this.current().then((session) => session.goDirect(this.#init.onPath));
  }

  async #open(): Promise<NodeSession> {
    const { lease, rule } = this.#init;
    const session = await openSession(this.#context, lease, { extra: ["connect"], directRule: rule });
    if (this.#goesDirect) void session.goDirect(this.#init.onPath);
    return session;
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

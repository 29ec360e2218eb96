import { ProtocolError } from "@fizz/protocol/errors";
import { openPartSchema } from "@fizz/protocol/manifest";
import { type ExecCommand } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId, parseIndex } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { ProgramExit } from "../output/exit-codes.ts";
import { type ProgramTerminal } from "../output/program-terminal.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";
import { requireRunningLease } from "../session/require-running-lease.ts";
import { type ProgramRun, runProgram } from "../shell/run-program.ts";

const DEFAULT_COMMAND = ["/bin/sh"];
/** Of a terminal that does not tell its size. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

interface Options {
  readonly lid: bigint;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly replicaIndex: number;
}

export function addDeploymentShell(parent: Command, shell: Shell): void {
  parent
    .command("shell")
    .description("run a program in a container of yours: end to end encrypted, with its exit code")
    .argument("[service]", "the service; not needed when there is only one")
    .argument("[command...]", "the program and its arguments, behind --; without, /bin/sh")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .option("-i, --stdin", "pass standard input on; a terminal does so by itself")
    .option("-t, --tty", "give the program a terminal; by itself where both sides of this command are one")
    .option("--no-tty", "no terminal: its two outputs stay apart")
    .option("-r, --replica-index <index>", "which replica of the service", parseIndex, 0)
    .action(async (...[service, words, options, command]: ActionArguments) => {
      await shell.run(flagsOf(command), async (context) => {
        await runInContainer(context, { service, words, options });
      });
    });
}

type ActionArguments = [
  service: string | undefined,
  words: readonly string[],
  options: Options,
  command: Command,
];

interface Wish {
  readonly service: string | undefined;
  readonly words: readonly string[];
  readonly options: Options;
}

async function runInContainer(context: Context, { service, words, options }: Wish): Promise<void> {
  const terminal = context.terminal.forProgram();
  const ends = endsOf(terminal, words, options);
  const lease = await requireRunningLease(context, options.lid);
  const session = await openSession(context, lease, { extra: ["exec"] });
  const command: ExecCommand = {
    service: service ?? (await onlyService(session, context.signal)),
    replica: options.replicaIndex,
    command: words.length > 0 ? [...words] : DEFAULT_COMMAND,
    terminal: ends.isTerminal ? sizeOf(terminal) : null,
  };
  const program = await session.exec(command, context.signal);
  const code = await runProgram(program, { terminal, ...ends }, context.signal);
  if (code === null)
    throw new ProtocolError("STREAM_CLOSED", "The node does not know how the program ended.");
  if (code !== 0) throw new ProgramExit(code);
}

/** @throws ProtocolError USAGE for a shell that nobody could talk to */
function endsOf(
  terminal: ProgramTerminal,
  words: readonly string[],
  { stdin = false, tty }: Options,
): Pick<ProgramRun, "isTerminal" | "takesInput"> {
  const isTerminal = tty ?? (terminal.isInteractive && (stdin || words.length === 0));
  if (words.length > 0 || isTerminal || stdin) return { isTerminal, takesInput: isTerminal || stdin };
  throw new ProtocolError("USAGE", "Nobody sits here: say which program to run, or pass --stdin.");
}

function sizeOf({ size = DEFAULT_SIZE }: ProgramTerminal): ExecCommand["terminal"] {
  return size;
}

async function onlyService(session: NodeSession, signal: AbortSignal): Promise<string> {
  const { openPart } = await session.status(signal);
  const names = openPartSchema.parse(openPart).services.map(({ name }) => name);
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  throw new ProtocolError("USAGE", `Say which service: ${names.join(", ")}.`);
}

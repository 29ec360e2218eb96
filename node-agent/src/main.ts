import { ProtocolError } from "@fizz/protocol/errors";
import { askSecret, isInteractive } from "@fizz/protocol/keystore";
import { parseArgs } from "node:util";
import { benchmark } from "./commands/benchmark.ts";
import { changePassword } from "./commands/change-password.ts";
import { type CommandContext } from "./commands/context.ts";
import { doctor } from "./commands/doctor.ts";
import { drain } from "./commands/drain.ts";
import { earnings } from "./commands/earnings.ts";
import { init } from "./commands/init.ts";
import { install } from "./commands/install.ts";
import { price } from "./commands/price.ts";
import { prepareHost } from "./commands/prepare-host.ts";
import { register } from "./commands/register.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { stop } from "./commands/stop.ts";
import { uninstall } from "./commands/uninstall.ts";
import { withdraw } from "./commands/withdraw.ts";
import { loadConfig } from "./config.ts";
import { helpText } from "./help.ts";
import { createLogger } from "./observability/logger.ts";
import { VERSION } from "./version.ts";

type Options = ReturnType<typeof optionsOf>;

const commands: Readonly<Record<string, (context: CommandContext, options: Options) => Promise<number>>> = {
  start,
  init,
  benchmark,
  register,
  doctor,
  price,
  earnings,
  withdraw,
  stop,
  install,
  uninstall,
  status: (context, { json }) => status(context, json),
  drain: (context, { undo }) => drain(context, !undo),
  "change-password": changePassword,
  "prepare-host": (context, { apply, machines }) => prepareHost(context, { isApplied: apply, machines }),
};

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) return print(helpText().trimEnd());
  if (values.version) return print(VERSION);
  const [name = "start", ...more] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0)
    throw new ProtocolError(
      "USAGE",
      `No such command: ${positionals.join(" ")}. See: npm run node -- --help`,
    );
  const config = loadConfig();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      stop.abort();
    });
  const terminal = { stdin: process.stdin, stderr: process.stderr };
  const context = {
    config,
    log: createLogger(config.FIZZ_LOG_LEVEL),
    print,
    note,
    signal: stop.signal,
    askSecret: isInteractive(terminal) ? (question: string) => askSecret(terminal, question) : undefined,
  };
  return await command(context, optionsOf(values));
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        output: { type: "string", short: "o" },
        undo: { type: "boolean", default: false },
        now: { type: "boolean", default: false },
        within: { type: "string" },
        wait: { type: "boolean", default: false },
        order: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        systemd: { type: "boolean", default: false },
        compose: { type: "boolean", default: false },
        print: { type: "boolean", default: false },
        user: { type: "string" },
        "delete-data": { type: "boolean", default: false },
        apply: { type: "boolean", default: false },
        machines: { type: "string" },
        "owner-keystore": { type: "string" },
        owner: { type: "string" },
        unsigned: { type: "boolean", default: false },
        "new-password-file": { type: "string" },
      },
    });
  } catch (cause) {
    throw new ProtocolError("USAGE", `${String(cause)} See: npm run node -- --help`, { cause });
  }
}

/** What is typed behind a command; each takes what it knows. @throws ProtocolError USAGE */
function optionsOf(values: ReturnType<typeof readArguments>["values"]) {
  const { json, output, ...others } = values;
  if (output !== undefined && output !== "json" && output !== "text")
    throw new ProtocolError("USAGE", `-o takes text or json, not ${output}.`);
  return {
    ...others,
    dryRun: others["dry-run"],
    deleteData: others["delete-data"],
    order: others.order,
    user: others.user,
    owner: others.owner,
    ownerKeystore: others["owner-keystore"],
    newPasswordFile: others["new-password-file"],
    within: others.within,
    machines: others.machines,
    json: json || output === "json",
  };
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  // Whatever is still open after a command has nothing more to do.
  process.exit(await main());
} catch (error) {
  const isKnown = error instanceof ProtocolError;
  const text = isKnown
    ? `${error.code}: ${error.message}`
    : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${text}\n`);
  process.exit(isKnown && (error.code === "USAGE" || error.code === "CONFIG_INVALID") ? 2 : 1);
}

import { parseArgs } from "node:util";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Command, type CommandOptions } from "./commands/context.ts";
import { loadConfig } from "./config.ts";
import { helpText } from "./help.ts";
import { VERSION } from "./version.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Each is loaded when it is called: the parts of a gateway take a second that `status` does not need. */
const commands: Readonly<Record<string, Command>> = {
  start: async (context) => await (await import("./commands/start.ts")).start(context),
  init: async (context) => await (await import("./commands/init.ts")).init(context),
  doctor: async (context, options) => await (await import("./commands/doctor.ts")).doctor(context, options),
  register: async (context, options) =>
    await (await import("./commands/register.ts")).register(context, options),
  "change-password": async (context, options) =>
    await (await import("./commands/change-password.ts")).changePassword(context, options),
  status: async (context, options) => await (await import("./commands/status.ts")).status(context, options),
  drain: async (context, options) => await (await import("./commands/drain.ts")).drain(context, options),
  reload: async (context, options) => await (await import("./commands/reload.ts")).reload(context, options),
};

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) return print(helpText().trimEnd());
  if (values.version) return print(VERSION);
  const [name = "start", ...more] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0)
    throw usage(`There is no command "${positionals.join(" ")}".`);
  const context = {
    configFile: values.config,
    readConfig: () => loadConfig(values.config),
    print,
    askSecret: process.stdin.isTTY && process.stderr.isTTY ? askAtTerminal : undefined,
  };
  return await command(context, optionsOf(values));
}

async function askAtTerminal(question: string): Promise<string> {
  const { askSecret } = await import("@fizz/protocol/keystore");
  return await askSecret(process, question);
}

function optionsOf(values: ReturnType<typeof readArguments>["values"]): CommandOptions {
  const { json, output, within, wait, owner, unsigned } = values;
  if (output !== undefined && output !== "json" && output !== "text")
    throw usage(`There is no output "${output}": json or text.`);
  return {
    ...{ json: json || output === "json", within, wait, owner, unsigned },
    ownerKeystore: values["owner-keystore"],
    newPasswordFile: values["new-password-file"],
  };
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        config: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        output: { type: "string", short: "o" },
        within: { type: "string" },
        wait: { type: "boolean", default: false },
        "owner-keystore": { type: "string" },
        owner: { type: "string" },
        unsigned: { type: "boolean", default: false },
        "new-password-file": { type: "string" },
      },
    });
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : "The options cannot be read.", cause);
  }
}

function usage(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError("USAGE", `${message}\nSee npm run gateway -- --help.`, { cause });
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\n  ${error.cause.message}` : "";
}

try {
  const code = await main();
  // Whatever is still open after a command has nothing more to do; what was written is out first.
  process.stdout.write("", () => process.exit(code));
} catch (error) {
  const isKnown = error instanceof ProtocolError;
  process.stderr.write(`${isKnown ? `${error.code}: ${error.message}${causeOf(error)}` : String(error)}\n`);
  process.exit(
    isKnown && (error.code === "USAGE" || error.code === "CONFIG_INVALID") ? EXIT_USAGE : EXIT_FAILED,
  );
}

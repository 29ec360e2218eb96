import { parseArgs } from "node:util";
import { ProtocolError } from "@fizz/protocol/errors";
import { createGateway } from "./app.ts";
import { loadConfig } from "./config.ts";
import { helpText } from "./help.ts";
import { createLogger } from "./observability/logger.ts";
import { register } from "./register.ts";
import { VERSION } from "./version.ts";

/** Time for an orderly end; then the process ends anyway. */
const STOP_LIMIT_MS = 4_500;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) {
    process.stdout.write(helpText());
    return;
  }
  if (options.version) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const config = loadConfig(options.config);
  if (options.command === "register") {
    process.stdout.write(`${await register(config)}\n`);
    return;
  }
  const logger = createLogger(config.logLevel);
  const gateway = createGateway(config, logger);
  const stop = (signal: string): void => {
    logger.info({ event: "gateway.stopping", signal }, "The gateway stops.");
    setTimeout(() => process.exit(EXIT_FAILED), STOP_LIMIT_MS).unref();
    void gateway.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.on("unhandledRejection", (error) => {
    logger.error({ event: "process.rejection", error }, "A failure was not handled; the gateway goes on.");
  });
  try {
    const addresses = await gateway.start();
    process.stdout.write(`${JSON.stringify({ event: "gateway.ready", ...addresses })}\n`);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

interface Arguments {
  readonly command: "start" | "register";
  readonly config: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        config: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
      },
    });
    const [command = "start", ...more] = positionals;
    if ((command !== "start" && command !== "register") || more.length > 0)
      throw new RangeError(`There is no command "${positionals.join(" ")}".`);
    return { command, config: values.config, help: values.help, version: values.version };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "The options cannot be read.";
    throw new ProtocolError("USAGE", `${message}\nSee npm run gateway -- --help.`, { cause });
  }
}

main().catch((error: unknown) => {
  const isKnown = error instanceof ProtocolError;
  const text = isKnown ? `${error.code}: ${error.message}${causeOf(error)}` : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(
    isKnown && (error.code === "USAGE" || error.code === "CONFIG_INVALID") ? EXIT_USAGE : EXIT_FAILED,
  );
});

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\n  ${error.cause.message}` : "";
}

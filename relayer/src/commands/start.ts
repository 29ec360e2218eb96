import { createGateway } from "../app.ts";
import { createLogger } from "../observability/logger.ts";
import { type CommandContext } from "./context.ts";
import { openGatewayKey } from "./gateway-key.ts";

/** Time for the parts to end once the connections are over; then the process ends anyway. */
const STOP_LIMIT_MS = 4_500;
const EXIT_FAILED = 1;

/** Serves until a signal, or until the operator drains it. */
export async function start(context: CommandContext): Promise<number> {
  const { readConfig, print } = context;
  const config = readConfig();
  const key = await openGatewayKey(context, config);
  const logger = createLogger(config.logLevel);
  const setLogLevel = (level: string): void => {
    logger.setLevel(level);
  };
  const gateway = createGateway({ config, key }, logger, { readConfig, setLogLevel });
  let isEnding = false;
  const end = (signal: string): void => {
    logger.info({ event: "gateway.stopping", signal }, "The gateway stops.");
    // Who asks twice does not want to wait.
    if (isEnding) process.exit(EXIT_FAILED);
    isEnding = true;
    gateway.drain();
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", () => {
    // In a terminal a hang-up says that it is gone; to a service it says that its configuration has changed.
    if (process.stdin.isTTY) end("SIGHUP");
    else void gateway.reload();
  });
  process.on("unhandledRejection", (error) => {
    logger.error({ event: "process.rejection", error }, "A failure was not handled; the gateway goes on.");
  });
  try {
    const addresses = await Promise.race([gateway.start(), gateway.drained]);
    if (addresses !== undefined) print(JSON.stringify({ event: "gateway.ready", ...addresses }));
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  await gateway.drained;
  setTimeout(() => process.exit(EXIT_FAILED), STOP_LIMIT_MS).unref();
  await gateway.stop();
  logger.info({ event: "gateway.stopped" }, "The gateway has stopped.");
  return 0;
}

import { pino } from "pino";
import { type Logger } from "../ports.ts";

const STDERR = 2;
/** Causes of an error that are logged. */
const MAX_CAUSES = 4;
const HIDDEN_KEYS = ["privateKey", "operatorKey", "sealed", "signature", "authorization"];

/** JSON lines on stderr; stdout carries only the ready line. */
export function createLogger(level: string): Logger {
  const options = {
    base: null,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: (error: unknown) => describeError(error, MAX_CAUSES) },
    redact: { paths: HIDDEN_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
  };
  return wrap(pino(options, pino.destination({ dest: STDERR, sync: true })));
}

type Pino = ReturnType<typeof pino>;

/** BigInts are logged as decimal strings: JSON has none. */
function wrap(target: Pino): Logger {
  return {
    debug: (fields, message) => {
      target.debug(plain(fields), message);
    },
    info: (fields, message) => {
      target.info(plain(fields), message);
    },
    warn: (fields, message) => {
      target.warn(plain(fields), message);
    },
    error: (fields, message) => {
      target.error(plain(fields), message);
    },
    child: (fields) => wrap(target.child(plain(fields))),
  };
}

function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}

/** RPC libraries put whole requests and URLs, with their keys, into messages and fields: only the short text is kept. */
function describeError(error: unknown, causes: number): unknown {
  if (!(error instanceof Error)) return String(error);
  const { code, shortMessage } = error as { code?: unknown; shortMessage?: unknown };
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: typeof shortMessage === "string" ? shortMessage : error.message,
    ...(isBug(error) ? { stack: error.stack } : {}),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describeError(error.cause, causes - 1) }),
  };
}

function isBug(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

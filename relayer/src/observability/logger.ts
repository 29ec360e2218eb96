import { pino } from "pino";
import { type Logger } from "../ports.ts";

const STDERR = 2;
/** Causes of an error that are logged. */
const MAX_CAUSES = 4;
const HIDDEN_KEYS = ["privateKey", "operatorKey", "sealed", "signature", "authorization"];

/** A logger whose level, and that of all its children, can be changed. */
export interface RootLogger extends Logger {
  /** @param level debug, info, warn, error or silent. */
  setLevel(level: string): void;
}

/** JSON lines on stderr; stdout carries only the ready line. */
export function createLogger(level: string): RootLogger {
  const options = {
    base: null,
    level: "debug",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: (error: unknown) => describeError(error, MAX_CAUSES) },
    redact: { paths: HIDDEN_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
  };
  const threshold = { least: leastOf(level) };
  return {
    ...wrap(pino(options, pino.destination({ dest: STDERR, sync: true })), threshold),
    setLevel: (next) => {
      threshold.least = leastOf(next);
    },
  };
}

const levels = ["debug", "info", "warn", "error"] as const;

/** Place of the least level that is written; one above all for "silent". */
function leastOf(level: string): number {
  const place = levels.findIndex((known) => known === level);
  return place === -1 ? levels.length : place;
}

type Pino = ReturnType<typeof pino>;

/** BigInts are logged as decimal strings: JSON has none. Children of pino keep their level; these share one. */
function wrap(target: Pino, threshold: { readonly least: number }): Logger {
  const write =
    (place: number, level: (typeof levels)[number]) =>
    (fields: object, message: string): void => {
      if (place >= threshold.least) target[level](plain(fields), message);
    };
  const [debug, info, warn, error] = [
    write(0, "debug"),
    write(1, "info"),
    write(2, "warn"),
    write(3, "error"),
  ];
  return { debug, info, warn, error, child: (fields) => wrap(target.child(plain(fields)), threshold) };
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

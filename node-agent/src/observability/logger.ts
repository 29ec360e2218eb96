import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Longest chain of causes that is logged. */
const MAX_CAUSES = 4;

/** Log lines go to stderr as JSON: stdout carries the ready line alone. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => describe(error) },
      redact: {
        paths: ["*.password", "*.credentials", "*.privateKey", "*.sealingKey", "*.env"],
        remove: true,
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

interface Described {
  readonly name: string;
  readonly code?: unknown;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: Described;
}

/** Errors with a code say enough by code, message and causes; anything else is a bug and shows its stack. */
function describe(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { name: "unknown", message: String(error) };
  const { name, message, cause, stack } = error;
  const code: unknown = (error as { code?: unknown }).code;
  return {
    name,
    message,
    ...(code === undefined ? { stack } : { code }),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describe(cause, depth + 1) }),
  };
}

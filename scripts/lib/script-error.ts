/** A failure that a person can act on: printed as `CODE: message`, with details below, and without a stack. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
  readonly code: string;
  readonly details: string;

  constructor(code: string, message: string, options: { details?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? "";
  }
}

/** What to print for any error: code and message for a {@link ScriptError}, the stack for a bug. */
export function describeError(error: unknown): string {
  if (error instanceof ScriptError) {
    const details = error.details.trim();
    return `${error.code}: ${error.message}${details === "" ? "" : `\n\n${details}`}`;
  }
  if (error instanceof AggregateError) return error.errors.map(describeError).join("\n");
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

import { type ErrorCode, errorCodes } from "@fizz/protocol/errors";

/** What a page says: the meaning of its code, and no more. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  404: "Not found",
  413: "Request too large",
  421: "Misdirected request",
  501: "Not implemented",
  502: "Bad gateway",
  503: "Service unavailable",
  504: "Gateway timeout",
};
/** Seconds after which a caller may well try again. */
const RETRY_AFTER_S = 2;

export interface ErrorPage {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** The gateway's own answer, in the form that the caller takes: JSON when asked for, else HTML. */
export function errorPage(code: ErrorCode, accept: string | undefined): ErrorPage {
  const { status, meaning, retryable } = errorCodes[code];
  const isJson = accept?.includes("application/json") === true && !accept.includes("text/html");
  const title = `${status} ${TITLES[status] ?? "Error"}`;
  const body = isJson
    ? JSON.stringify({ error: { code, message: meaning, retryable } })
    : `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
      `<h1>${title}</h1><p>${meaning}</p><p><small>${code} · Fizz gateway</small></p></html>\n`;
  const retry = status === errorCodes.REPLICA_UNAVAILABLE.status && retryable;
  return {
    status,
    headers: [
      "Content-Type",
      isJson ? "application/json" : "text/html; charset=utf-8",
      "Content-Length",
      String(Buffer.byteLength(body)),
      "Cache-Control",
      "no-store",
      "X-Content-Type-Options",
      "nosniff",
      ...(retry ? ["Retry-After", String(RETRY_AFTER_S)] : []),
    ],
    body,
  };
}

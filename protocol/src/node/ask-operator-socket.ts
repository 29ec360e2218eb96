import { request } from "node:http";
import { z } from "zod";
import { errorFromWire, type ProtocolError, wireErrorSchema } from "../errors/index.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** A command for a daemon. */
export interface OperatorQuestion {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

/**
 * Asks the daemon behind an operator's socket.
 *
 * @param unreachable What is thrown when none answers there within 10 s.
 * @throws ProtocolError that, or what the daemon answers
 */
export async function askOperatorSocket(
  socketPath: string,
  question: OperatorQuestion,
  unreachable: (cause: unknown) => ProtocolError,
): Promise<unknown> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(unreachable(cause));
    };
    const { method, path, body } = question;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const call = request({ socketPath, method, path, signal, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) call.destroy();
      });
      response.on("error", fail).on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, text });
        else fail(undefined);
      });
    });
    call.on("error", fail).end(body === undefined ? "" : JSON.stringify(body));
  });
  if (status === 200) return JSON.parse(text) as unknown;
  throw errorFromWire(z.object({ error: wireErrorSchema }).parse(JSON.parse(text)).error);
}

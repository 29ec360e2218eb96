import { request } from "node:http";
import { errorFromWire, ProtocolError, wireErrorSchema } from "@fizz/protocol/errors";
import { z } from "zod";
import { OPERATOR_SOCKET, socketPathOf } from "../socket-path.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

/**
 * Asks the gateway that runs on a data folder.
 *
 * @throws ProtocolError GATEWAY_UNREACHABLE when none does, or what it answers
 */
export async function askGateway(dataDir: string, question: Question): Promise<unknown> {
  const socketPath = socketPathOf(dataDir, OPERATOR_SOCKET);
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const unreachable = (cause: unknown): void => {
      const message = `No gateway runs on ${dataDir}, or it belongs to another account (${socketPath}).`;
      reject(new ProtocolError("GATEWAY_UNREACHABLE", message, { cause }));
    };
    const { method, path, body } = question;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const call = request({ socketPath, method, path, signal, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) call.destroy();
      });
      response.on("error", unreachable).on("end", () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, text });
        else unreachable(undefined);
      });
    });
    call.on("error", unreachable).end(body === undefined ? "" : JSON.stringify(body));
  });
  if (status === 200) return JSON.parse(text) as unknown;
  throw errorFromWire(z.object({ error: wireErrorSchema }).parse(JSON.parse(text)).error);
}

/** Whether a gateway runs on the data folder. @throws ProtocolError what it answers, when it cannot say how it is */
export async function isRunning(dataDir: string): Promise<boolean> {
  try {
    await askGateway(dataDir, { method: "GET", path: "/status" });
    return true;
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "GATEWAY_UNREACHABLE") return false;
    throw error;
  }
}

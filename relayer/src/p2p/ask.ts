import { ProtocolError, type WireError } from "@fizz/protocol/errors";
import { FramedStream } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { type z } from "zod";
import { errorFromNode } from "../domain/node-errors.ts";

interface ErrorAnswer {
  readonly type: "error";
  readonly error: WireError;
}

/**
 * One question, one answer, on a stream of its own.
 *
 * @throws ProtocolError what the node answered; PEER_REFUSED, STREAM_CLOSED, TIMEOUT
 */
export async function ask<Schema extends z.ZodType<{ type: string }>>(
  stream: Stream,
  question: { readonly message: unknown; readonly answer: Schema },
  signal: AbortSignal,
): Promise<Exclude<z.output<Schema>, ErrorAnswer>> {
  const framed = new FramedStream(stream);
  try {
    await framed.write(question.message, signal);
    const answer = await framed.require(question.answer, signal).catch((error: unknown) => {
      throw ofUnreadable(error);
    });
    if (isError(answer)) throw errorFromNode(answer.error);
    return answer as Exclude<z.output<Schema>, ErrorAnswer>;
  } catch (error) {
    framed.abort(error instanceof Error ? error : new TypeError("unknown"));
    throw error;
  } finally {
    await framed.close();
  }
}

function isError(answer: { type: string }): answer is ErrorAnswer {
  return answer.type === "error";
}

/** The caller did nothing wrong when a node cannot be read. */
function ofUnreadable(error: unknown): unknown {
  const isUnreadable =
    error instanceof ProtocolError && (error.code === "INPUT_INVALID" || error.code === "INPUT_TOO_LARGE");
  return isUnreadable
    ? new ProtocolError("PEER_REFUSED", "The node's answer cannot be read.", { cause: error })
    : error;
}

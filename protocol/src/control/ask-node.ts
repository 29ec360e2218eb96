import { type Stream } from "@libp2p/interface";
import { type z } from "zod";
import { errorFromWire, type WireError } from "../errors/index.ts";
import { FramedStream } from "../streams/index.ts";

interface ErrorAnswer {
  readonly type: "error";
  readonly error: WireError;
}

/**
 * One question, one answer, on a stream of its own.
 *
 * @throws ProtocolError what the node answered; INPUT_INVALID, INPUT_TOO_LARGE, STREAM_CLOSED, TIMEOUT
 */
export async function askNode<Schema extends z.ZodType<{ type: string }>>(
  stream: Stream,
  question: { readonly message: unknown; readonly answer: Schema },
  signal: AbortSignal,
): Promise<Exclude<z.output<Schema>, ErrorAnswer>> {
  const framed = new FramedStream(stream);
  try {
    await framed.write(question.message, signal);
    const answer = await framed.require(question.answer, signal);
    if (isError(answer)) throw errorFromWire(answer.error);
    return answer as Exclude<z.output<Schema>, ErrorAnswer>;
  } finally {
    await framed.close();
  }
}

function isError(answer: { type: string }): answer is ErrorAnswer {
  return answer.type === "error";
}

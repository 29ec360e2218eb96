import { Worker } from "node:worker_threads";
import { type OpenedPart, type WorkKind } from "@fizz/protocol/capacity";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { type LaneReply, type LaneRequest } from "./lane-messages.ts";
import { type LaneInput } from "./lane.ts";

/** One operating system thread with the chains of one lane. */
export class LaneThread {
  readonly #worker = new Worker(new URL("./lane-worker.ts", import.meta.url));

  async commit(kind: WorkKind, input: LaneInput, signal: AbortSignal): Promise<Hex> {
    const reply = await this.#ask({ type: "commit", kind, input }, signal);
    if (reply.type !== "committed") throw unexpected(reply);
    return reply.root;
  }

  async open(
    kind: WorkKind,
    segments: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, readonly OpenedPart[]>> {
    const reply = await this.#ask({ type: "open", kind, segments }, signal);
    if (reply.type !== "opened") throw unexpected(reply);
    return reply.parts;
  }

  /** Ends the thread, whatever it does, and frees its memory. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(request: LaneRequest, signal: AbortSignal): Promise<LaneReply> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<LaneReply>();
    const onExit = (code: number): void => {
      reject(new ProtocolError("INTERNAL", `The capacity thread ended with code ${code}.`));
    };
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new ProtocolError("TIMEOUT", "Aborted."));
    };
    this.#worker.once("message", resolve).once("error", reject).once("exit", onExit);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.#worker.postMessage(request);
      return await promise;
    } finally {
      this.#worker.off("message", resolve).off("error", reject).off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

function unexpected(reply: LaneReply): ProtocolError {
  const reason = reply.type === "failed" ? reply.message : `unexpected reply ${reply.type}`;
  return new ProtocolError("INTERNAL", `The capacity thread failed: ${reason}`);
}

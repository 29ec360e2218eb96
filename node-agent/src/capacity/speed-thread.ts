import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ProtocolError } from "@fizz/protocol/errors";
import { type SpeedReply, type SpeedRequest } from "./speed-messages.ts";

export type Speed = Extract<SpeedReply, { readonly type: "done" }>;

/** One operating system thread that computes the work load. */
export class SpeedThread {
  readonly #worker = new Worker(new URL("./speed-worker.ts", import.meta.url));

  /** @throws ProtocolError CAPACITY_UNMEASURED */
  async ready(signal: AbortSignal): Promise<void> {
    const reply = await this.#reply(signal);
    if (reply.type !== "ready") throw unmeasured(reply);
  }

  /** Computes for so long, and to the end of what is begun then. @throws ProtocolError CAPACITY_UNMEASURED */
  async work(milliseconds: number, signal: AbortSignal): Promise<Speed> {
    const request: SpeedRequest = { milliseconds };
    const replied = this.#reply(signal);
    this.#worker.postMessage(request);
    const reply = await replied;
    if (reply.type !== "done") throw unmeasured(reply);
    return reply;
  }

  /** Ends the thread, whatever it does. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #reply(signal: AbortSignal): Promise<SpeedReply> {
    const ended = new AbortController();
    const either = { signal: AbortSignal.any([signal, ended.signal]) };
    try {
      // An error of the worker rejects the wait for its message.
      const [reply] = (await Promise.race([
        once(this.#worker, "message", either),
        once(this.#worker, "exit", either).then(([code]) => {
          throw new ProtocolError("CAPACITY_UNMEASURED", `A thread ended with code ${String(code)}.`);
        }),
      ])) as [SpeedReply];
      return reply;
    } catch (cause) {
      if (cause instanceof ProtocolError) throw cause;
      const message = signal.aborted
        ? "The CPU was not measured: stopped, or not done in time."
        : `A thread failed: ${String(cause)}`;
      throw new ProtocolError("CAPACITY_UNMEASURED", message, { cause });
    } finally {
      ended.abort();
    }
  }
}

function unmeasured(reply: SpeedReply): ProtocolError {
  const why = reply.type === "failed" ? reply.message : `unexpected reply ${reply.type}`;
  return new ProtocolError("CAPACITY_UNMEASURED", `The CPU cannot be measured: ${why}.`);
}

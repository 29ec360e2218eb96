import { Worker } from "node:worker_threads";
import {
  type CommitReply,
  type CommitRequest,
  type CommitWorkerInit,
  type Statement,
  type StoreFault,
} from "./commit-messages.ts";

/** The thread that writes the state. One question at a time. */
export class CommitThread {
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<string>();
  #endedBy: string | undefined;
  #isClosing = false;
  #answer = Promise.withResolvers<CommitReply>();

  constructor(init: CommitWorkerInit) {
    this.#worker = new Worker(new URL("./commit-worker.ts", import.meta.url), { workerData: init });
    this.#worker.on("message", (reply: CommitReply) => {
      this.#answer.resolve(reply);
    });
    this.#worker.on("error", (error) => {
      this.#end(`the thread that writes it failed: ${String(error)}`);
    });
    this.#worker.on("exit", () => {
      this.#end("the thread that writes it ended");
    });
  }

  /** Resolves, with the reason, when the thread ended by itself. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** Waits for the first answer. @returns What is wrong, and nothing otherwise. */
  async ready(): Promise<StoreFault | undefined> {
    return faultIn(await this.#answer.promise);
  }

  /** One transaction, on the disk when it resolves. @returns What went wrong, and nothing otherwise. */
  async commit(statements: readonly Statement[]): Promise<StoreFault | undefined> {
    return faultIn(await this.#ask({ type: "commit", statements }));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#ask({ type: "close" });
    await this.#worker.terminate();
  }

  async #ask(request: CommitRequest): Promise<CommitReply> {
    if (this.#endedBy !== undefined) return failed(this.#endedBy);
    this.#answer = Promise.withResolvers<CommitReply>();
    this.#worker.postMessage(request);
    return await this.#answer.promise;
  }

  #end(reason: string): void {
    this.#endedBy ??= reason;
    this.#answer.resolve(failed(this.#endedBy));
    if (!this.#isClosing) this.#ended.resolve(reason);
  }
}

function failed(message: string): CommitReply {
  return { type: "failed", fault: { isDamage: false, message } };
}

function faultIn(reply: CommitReply): StoreFault | undefined {
  return reply.type === "failed" ? reply.fault : undefined;
}

import { type LeaseRecord, type PendingUpdate } from "../domain/lease-record.ts";
import { type LeaseLog } from "./lease-log.ts";

/** Tells of updates what no step of a plan tells: that one was asked for, and that its time ran out. */
export class UpdateNotes {
  readonly #log: LeaseLog;
  /** At the last look. */
  #pending: PendingUpdate | undefined;

  constructor(log: LeaseLog) {
    this.#log = log;
  }

  /** @param chainTime Unix seconds of the head block. */
  look(head: LeaseRecord | undefined, chainTime: number): void {
    const before = this.#pending;
    this.#pending = undefined;
    if (head === undefined || head.state === "closed") return;
    this.#pending = head.pending;
    const { pending } = head;
    if (pending !== undefined) {
      const { version } = pending;
      this.#log.onceOf({
        ...{ code: "update.requested", message: `Version ${version} requested` },
        data: dataOf(pending),
      });
    }
    // Whoever settles the lease first drops it from the chain.
    const late = pending ?? (before !== undefined && head.version < before.version ? before : undefined);
    if (late === undefined || chainTime <= late.expiresAt) return;
    const message = `Version ${late.version} was neither taken nor declined in its time; version ${head.version} goes on`;
    this.#log.onceOf({ code: "update.expired", message, data: dataOf(late) });
  }
}

/** One version number may be asked for again, with another manifest. */
function dataOf({ version, manifestHash }: PendingUpdate) {
  return { version, manifestHash };
}

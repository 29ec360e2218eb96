import { type Hex } from "viem";

/** A container of this node as the engine has it. Times are Unix milliseconds. */
export interface ObservedContainer {
  readonly id: string;
  readonly leaseHash: Hex;
  /** Lid at the time of creation. */
  readonly lid: bigint | undefined;
  readonly service: string;
  readonly replica: number;
  readonly version: number;
  /** Digest of the spec it was made from. */
  readonly digest: string;
  readonly state: "created" | "running" | "exited";
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Address on the lease's own network; null while it does not run. */
  readonly address: string | null;
}

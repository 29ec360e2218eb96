import { type OpenedPart, type WorkKind } from "@fizz/protocol/capacity";
import { type Hex } from "viem";
import { type LaneInput } from "./lane.ts";

/** What a thread is asked to do, one thing after another. */
export type LaneRequest =
  | { readonly type: "commit"; readonly kind: WorkKind; readonly input: LaneInput }
  | { readonly type: "open"; readonly kind: WorkKind; readonly segments: readonly number[] };

/** What it answers. */
export type LaneReply =
  | { readonly type: "committed"; readonly root: Hex }
  | { readonly type: "opened"; readonly parts: ReadonlyMap<number, readonly OpenedPart[]> }
  | { readonly type: "failed"; readonly message: string };

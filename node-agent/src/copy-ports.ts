import { type CopyCommand } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type ExecSession } from "./exec-ports.ts";

/** A tar that runs in a container. */
export interface CopySession {
  readonly session: ExecSession;
  /** Into a container: the path is a folder, and the archive goes into it. */
  readonly isFolder: boolean;
}

/** Moves files of tenants into their own containers and out of them. */
export interface Copies {
  /** @throws ProtocolError COPY_FAILED, and what `Programs.exec` throws */
  open(leaseHash: Hex, command: CopyCommand, signal: AbortSignal): Promise<CopySession>;
}

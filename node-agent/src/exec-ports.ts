import { type ExecOutput } from "@fizz/protocol/control";
import { type ExecCommand, type TerminalSize } from "@fizz/protocol/messages";
import { type Hex } from "viem";

/** What runs in a container beside its own program. */
export type Program = Pick<ExecCommand, "command" | "terminal">;

/** A program that was started in a container. */
export interface ExecSession {
  /** To its end; reading waits for the consumer. */
  readonly output: AsyncIterable<ExecOutput>;
  /** Waits until the program's input takes it; what comes after its end is lost, as in a pipe. */
  write(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  /** Does nothing without a terminal. */
  resize(size: TerminalSize): Promise<void>;
  /** After the output has ended; null when the engine does not know it. */
  exitCode(): Promise<number | null>;
  /** Lets go of it: its input ends, its output is lost, and one that runs on is hung up on. May be said again. */
  close(): void;
}

/** Runs programs of tenants in their own containers. */
export interface Programs {
  /** @throws ProtocolError LEASE_NOT_FOUND, SERVICE_UNKNOWN, SERVICE_UNREACHABLE, EXEC_FAILED, ENGINE_UNREACHABLE */
  exec(leaseHash: Hex, command: ExecCommand, signal: AbortSignal): Promise<ExecSession>;
}

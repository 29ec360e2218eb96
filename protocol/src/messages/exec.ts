import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedGrantSchema } from "../typed-data/session.ts";
import { connectTargetSchema } from "./connect.ts";

const MAX_ARGUMENTS = 256;
const MAX_ARGUMENT_LENGTH = 16_384;
const MAX_SIDE = 1_000;

/** Payload of one frame of bytes. */
export const MAX_EXEC_BYTES = 64 * 1024;

export const terminalSizeSchema = z.strictObject({
  columns: z.number().int().min(1).max(MAX_SIDE),
  rows: z.number().int().min(1).max(MAX_SIDE),
});
export type TerminalSize = z.infer<typeof terminalSizeSchema>;

/** A program to run beside what runs in one container of the lease that the grant names. */
export const execCommandSchema = z.strictObject({
  ...connectTargetSchema.omit({ port: true }).shape,
  /** The program and its arguments; no shell looks at them. */
  command: z.array(z.string().max(MAX_ARGUMENT_LENGTH)).min(1).max(MAX_ARGUMENTS),
  /** Size of the terminal that the program gets; null for none: then its two outputs stay apart. */
  terminal: terminalSizeSchema.nullable(),
});
export type ExecCommand = z.infer<typeof execCommandSchema>;

/**
 * Client → node: first frame of a stream of `exec`; the answer is that of a tunnel, then come frames of EXEC_FRAME.
 * As with `connect`, the caller is the session key's libp2p peer.
 */
export const execRequestSchema = z.strictObject({ signed: signedGrantSchema, exec: execCommandSchema });
export type ExecRequest = z.infer<typeof execRequestSchema>;

/** First byte of each frame after the answer; the rest is its payload. */
export const EXEC_FRAME = {
  /** client → node: bytes of input; none for its end. */
  input: 0,
  /** client → node: JSON of terminalSizeSchema. */
  resize: 1,
  /** node → client: bytes of output; with a terminal, of both. */
  stdout: 2,
  stderr: 3,
  /** node → client, last: JSON of execEndSchema. */
  end: 4,
} as const;

export const execEndSchema = z.union([
  /** Null when the engine does not know it. */
  z.object({ exitCode: z.number().int().nullable() }),
  z.object({ error: wireErrorSchema }),
]);
export type ExecEnd = z.infer<typeof execEndSchema>;

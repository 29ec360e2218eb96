import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedGrantSchema } from "../typed-data/session.ts";
import { connectTargetSchema } from "./connect.ts";

const MAX_PATH_LENGTH = 4_096;

/** Most bytes of one copy, as a tar archive, either way. */
export const MAX_COPY_BYTES = 16 * 1024 ** 3;
/** Payload of one frame of bytes. */
export const MAX_COPY_FRAME_BYTES = 64 * 1024;

/** Files to bring into one container of the lease that the grant names, or to take out of it. */
export const copyCommandSchema = z.strictObject({
  ...connectTargetSchema.omit({ port: true }).shape,
  direction: z.enum(["in", "out"]),
  /** In the container; absolute. Into it: a folder that the files go to, or the name that they get. */
  path: z
    .string()
    .max(MAX_PATH_LENGTH)
    .regex(/^\/[^\0]*$/, "not an absolute path"),
});
export type CopyCommand = z.infer<typeof copyCommandSchema>;

/**
 * Client → node: first frame of a stream of `copy`; the answer is that of a tunnel, then come frames of COPY_FRAME.
 * As with `exec`, the caller is the session key's libp2p peer, and the grant needs the scope `exec`.
 */
export const copyRequestSchema = z.strictObject({ signed: signedGrantSchema, copy: copyCommandSchema });
export type CopyRequest = z.infer<typeof copyRequestSchema>;

/** First byte of each frame after the answer; the rest is its payload. */
export const COPY_FRAME = {
  /** Whoever has the files → the other: bytes of a tar archive. */
  data: 0,
  /** Both ways: JSON of copyEndSchema. The node's is the last frame; a client's ends its archive. */
  end: 1,
  /** node → client, before its archive is asked for: JSON of copyPlaceSchema. Only into a container. */
  place: 2,
} as const;

export const copyEndSchema = z.union([
  /** With what is worth a word although it worked. */
  z.object({ note: z.string().max(2_000).nullable() }),
  z.object({ error: wireErrorSchema }),
]);
export type CopyEnd = z.infer<typeof copyEndSchema>;

/** Whether the path is a folder, so that the archive's first name goes into it, or is itself that name. */
export const copyPlaceSchema = z.object({ isFolder: z.boolean() });
export type CopyPlace = z.infer<typeof copyPlaceSchema>;

import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedRevocationReceiptSchema, signedRevocationSchema } from "../typed-data/revocation.ts";

/** Anybody → node. Who carries it needs no authority: the tenant's signature is all. */
export const revokeRequestSchema = z.strictObject({ signed: signedRevocationSchema });

/** What a node answers to a revocation that it keeps from now on. */
export const revokedSchema = z.object({
  receipt: signedRevocationReceiptSchema,
  /** Streams, programs and private connections that it ended. */
  ended: z.number().int().min(0),
});
export type Revoked = z.infer<typeof revokedSchema>;

export const revokeResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("revoked"), ...revokedSchema.shape }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);

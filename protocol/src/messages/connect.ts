import { z } from "zod";
import { signedGrantSchema } from "../typed-data/session.ts";
import { tunnelOpenSchema } from "./doors.ts";

/** A port of one container of the lease that the grant names. */
export const connectTargetSchema = tunnelOpenSchema.omit({ leaseHash: true });
export type ConnectTarget = z.infer<typeof connectTargetSchema>;

/**
 * Client → node: first frame of a stream of `connect`; the answer is that of a tunnel. The caller is the session key's
 * libp2p peer: there is no proof by challenge here, which would let a gateway stand in the middle.
 */
export const connectRequestSchema = z.strictObject({
  signed: signedGrantSchema,
  target: connectTargetSchema,
});
export type ConnectRequest = z.infer<typeof connectRequestSchema>;

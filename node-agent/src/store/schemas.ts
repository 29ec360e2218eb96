import {
  addressSchema,
  bytes32Schema,
  endpointSchema,
  hexSchema,
  manifestDeliverySchema,
  uintSchema,
} from "@fizz/protocol/messages";
import { z } from "zod";
import { NONE_REVOKED } from "../domain/revoked-grants.ts";

const time = z.number().int().min(0);

export const storedManifestSchema = z.strictObject({
  delivery: manifestDeliverySchema,
  sealingKey: bytes32Schema,
  receivedAt: time,
});

/** A lease without its manifests, which have rows of their own. */
export const leaseRowSchema = z.strictObject({
  leaseHash: bytes32Schema,
  lid: uintSchema(256),
  tenant: addressSchema,
  doors: z.strictObject({ host: z.string().max(255), endpoints: z.array(endpointSchema) }).nullable(),
  restarts: z.record(z.string(), z.strictObject({ count: time, lastExitAt: time, nextAt: time })),
  // Absent in files of agents before images were pinned.
  images: z.record(z.string(), z.string().max(1_024)).default(() => ({})),
  missingSince: time.nullable(),
  removedAt: time.nullable(),
  // Absent in files of agents before revocations.
  revoked: z
    .strictObject({ upTo: time, keys: z.array(z.strictObject({ sessionKey: hexSchema(33), upTo: time })) })
    .default(() => ({ ...NONE_REVOKED, keys: [] })),
});

export const quoteKeySchema = z.strictObject({
  nonce: uintSchema(256),
  privateKey: bytes32Schema,
  keepUntil: time,
});

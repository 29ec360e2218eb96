import {
  addressSchema,
  bytes32Schema,
  endpointSchema,
  manifestDeliverySchema,
  uintSchema,
} from "@fizz/protocol/messages";
import { z } from "zod";

const time = z.number().int().min(0);

export const storedLeaseSchema = z.strictObject({
  leaseHash: bytes32Schema,
  lid: uintSchema(256),
  tenant: addressSchema,
  manifests: z.array(
    z.strictObject({ delivery: manifestDeliverySchema, sealingKey: bytes32Schema, receivedAt: time }),
  ),
  doors: z.strictObject({ host: z.string().max(255), endpoints: z.array(endpointSchema) }).nullable(),
  restarts: z.record(z.string(), z.strictObject({ count: time, lastExitAt: time, nextAt: time })),
  missingSince: time.nullable(),
  removedAt: time.nullable(),
});

export const quoteKeySchema = z.strictObject({
  nonce: uintSchema(256),
  privateKey: bytes32Schema,
  keepUntil: time,
});

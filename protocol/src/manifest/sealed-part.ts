import { z } from "zod";
import { healthSchema } from "./health.ts";
import { MAX_ARGUMENTS, MAX_ENV_ENTRIES, MAX_SERVICES, MAX_TEXT_LENGTH, MAX_VOLUMES } from "./limits.ts";
import { ENV_ENTRY, IMAGE, MOUNT_PATH, SERVICE_NAME, SHORT_TEXT, VOLUME_NAME } from "./patterns.ts";

const serviceName = z.string().regex(SERVICE_NAME);
const text = z.string().max(MAX_TEXT_LENGTH);

const sealedServiceSchema = z.strictObject({
  name: serviceName,
  image: z.string().regex(IMAGE),
  pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
  /** Replaces the image's entrypoint; empty for the image's own. */
  command: z.array(text).max(MAX_ARGUMENTS),
  /** Replaces the image's arguments; empty for the image's own. */
  args: z.array(text).max(MAX_ARGUMENTS),
  env: z.array(text.regex(ENV_ENTRY)).max(MAX_ENV_ENTRIES),
  credentials: z
    .strictObject({
      registry: z.string().regex(SHORT_TEXT),
      email: z.string().regex(SHORT_TEXT).nullable(),
      username: z.string().min(1).max(1_024),
      password: z.string().min(1).max(MAX_TEXT_LENGTH),
    })
    .nullable(),
  /** Volumes of the open part, by name. */
  mounts: z
    .array(
      z.strictObject({
        volume: z.string().regex(VOLUME_NAME),
        path: z.string().regex(MOUNT_PATH),
        readOnly: z.boolean(),
      }),
    )
    .max(MAX_VOLUMES),
  /** Services that start before this one. */
  dependencies: z.array(serviceName).max(MAX_SERVICES),
  /** Left out, not null: older parts hash as before. */
  health: healthSchema.optional(),
});
export type SealedService = z.infer<typeof sealedServiceSchema>;

/** What only the chosen node reads. Same services in the same order as the open part. */
export const sealedPartSchema = z.strictObject({
  version: z.literal("1.0"),
  services: z.array(sealedServiceSchema).min(1).max(MAX_SERVICES),
});
export type SealedPart = z.infer<typeof sealedPartSchema>;

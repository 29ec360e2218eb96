import { type DiskMethod, diskMethodSchema } from "@fizz/protocol/messages";
import { z } from "zod";
import { type DiskRule } from "./domain/disk-room.ts";
import { type ImageRule } from "./domain/image-cleanup.ts";

const GIB = 1n << 30n;
const DAY_MS = 86_400_000;
const whole = (most: number, standard: number) => z.coerce.number().int().min(0).max(most).default(standard);

const MAX_REGISTRIES = 64;

/** Hosts with commas between. */
const registries = z
  .string()
  .default("")
  .transform((text) =>
    text
      .toLowerCase()
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  )
  .pipe(
    z
      .array(z.string().regex(/^[a-z0-9.:[\]_-]{1,260}$/, "host or host:port, with commas between"))
      .max(MAX_REGISTRIES),
  );

/** Settings of the machine's owner: the disk, room for images, and where they come from. */
export const imageShape = {
  FIZZ_NODE_DISK: diskMethodSchema.default("watch"),
  FIZZ_NODE_DISK_RESERVE: whole(1_000_000, 2),
  FIZZ_NODE_IMAGE_MAX_AGE: whole(3_650, 7),
  FIZZ_NODE_IMAGE_SPACE: whole(1_000_000, 50),
  FIZZ_NODE_REGISTRIES: registries,
} as const;

/** Name, default and meaning of each. */
export const imageSettings: readonly (readonly [name: string, standard: string, meaning: string])[] = [
  [
    "FIZZ_NODE_DISK",
    "watch",
    "watch: a container with more on disk than it leased is ended; quota: the file system stops it, too, where doctor says that the engine can",
  ],
  [
    "FIZZ_NODE_DISK_RESERVE",
    "2",
    "GiB of the engine's disk that stay free: below that nothing is pulled, and no orders are taken",
  ],
  [
    "FIZZ_NODE_IMAGE_MAX_AGE",
    "7",
    "days after its last use at which an image that the node pulled, and no lease needs, is removed",
  ],
  [
    "FIZZ_NODE_IMAGE_SPACE",
    "50",
    "GiB for images that the node pulled; beyond that, those that no lease needs are removed",
  ],
  [
    "FIZZ_NODE_REGISTRIES",
    "none",
    "registries in private networks that tenants may pull from, host:port or host for any port, with commas between",
  ],
];

/** As the parts take them. */
export function imageRulesOf(settings: z.output<z.ZodObject<typeof imageShape>>): {
  readonly disk: DiskRule;
  readonly imageRule: ImageRule;
  readonly diskMethod: DiskMethod;
  readonly allowedRegistries: readonly string[];
} {
  return {
    diskMethod: settings.FIZZ_NODE_DISK,
    allowedRegistries: settings.FIZZ_NODE_REGISTRIES,
    disk: { reserveBytes: BigInt(settings.FIZZ_NODE_DISK_RESERVE) * GIB },
    imageRule: {
      maxAgeMs: settings.FIZZ_NODE_IMAGE_MAX_AGE * DAY_MS,
      maxBytes: BigInt(settings.FIZZ_NODE_IMAGE_SPACE) * GIB,
    },
  };
}

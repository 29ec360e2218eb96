import { z } from "zod";
import { HEALTH_PATH } from "./patterns.ts";

/** Bounds and standards of a health check. Times in seconds. */
export const HEALTH = {
  interval: { min: 1, max: 300, standard: 10 },
  timeout: { min: 1, max: 60, standard: 5 },
  retries: { min: 1, max: 20, standard: 3 },
  startPeriod: { min: 0, max: 3_600, standard: 60 },
} as const;

const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z.number().int().min(min).max(max);

/** How the node tells whether a replica works. Sealed: a path says what runs. */
export const healthSchema = z
  .strictObject({
    /** As the manifest names it, exposed or not; null for every TCP port that the service exposes. */
    port: z.number().int().min(1).max(65_535).nullable(),
    /** Of a GET whose answer is 200 to 399; null where an accepted connection is enough. */
    path: z.string().regex(HEALTH_PATH).nullable(),
    /** Between two checks. */
    intervalSeconds: within(HEALTH.interval),
    /** For one check. */
    timeoutSeconds: within(HEALTH.timeout),
    /** Checks in a row that fail before the container is started anew. */
    retries: within(HEALTH.retries),
    /** After a start, failed checks do not count for so long, until one succeeds. */
    startPeriodSeconds: within(HEALTH.startPeriod),
  })
  .refine(({ port, path }) => port !== null || path === null, "a path needs a port");
export type HealthCheck = z.infer<typeof healthSchema>;

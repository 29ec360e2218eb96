import { z } from "zod";
import {
  MAX_DURATION_SECONDS,
  MAX_EXPOSE_ENTRIES,
  MAX_GPU_MODELS,
  MAX_GPU_UNITS,
  MAX_LIST_ITEMS,
  MAX_MILLI_CPU,
  MAX_REPLICAS,
  MAX_SERVICES,
  MAX_SIZE_BYTES,
  MAX_VOLUMES,
} from "./limits.ts";
import {
  HOST_NAME,
  ID,
  LABEL,
  PRICE,
  REGION,
  SERVICE_NAME,
  SHORT_TEXT,
  TOKEN,
  VOLUME_NAME,
} from "./patterns.ts";

const serviceName = z.string().regex(SERVICE_NAME);
const port = z.number().int().min(1).max(65_535);
/** Bytes as a decimal string: sizes go beyond what a JSON number holds exactly. */
const sizeBytes = z
  .string()
  .regex(/^[1-9]\d{0,19}$/)
  .refine((text) => /^[1-9]\d{0,19}$/.test(text) && BigInt(text) <= MAX_SIZE_BYTES, "too large");
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).max(MAX_LIST_ITEMS);

/** How the gateway treats requests to a routed port. */
export const httpOptionsSchema = z.strictObject({
  /** Bytes. */
  maxBodySize: z.number().int().min(0).max(104_857_600),
  readTimeoutMs: z.number().int().min(0).max(60_000),
  sendTimeoutMs: z.number().int().min(0).max(60_000),
  nextTries: z.number().int().min(0).max(100),
  /** 0 for no limit. */
  nextTimeoutMs: z.number().int().min(0).max(60_000),
  nextCases: listOf(z.string().regex(LABEL)),
});

/** One contiguous run of container ports. A single port has `firstPort` = `lastPort`. */
export const openExposeSchema = z
  .strictObject({
    firstPort: port,
    lastPort: port,
    /** Public number that is wished for `firstPort`; the following ports follow it. */
    wishedPort: port,
    protocol: z.enum(["tcp", "udp", "http", "https"]),
    usePublicPort: z.boolean(),
    /** Whether the internet may reach it. */
    global: z.boolean(),
    /** Services of the same manifest that may reach it. */
    services: z.array(serviceName).max(MAX_SERVICES),
    /** Name of a leased address, provider mode. */
    ip: z.string().regex(LABEL).nullable(),
    accept: listOf(z.string().regex(HOST_NAME)),
    http: httpOptionsSchema.nullable(),
    /** The container gets the caller's address in a PROXY header. Left out, not null: older parts hash as before. */
    proxyProtocol: z.enum(["v1", "v2"]).optional(),
  })
  .refine((entry) => entry.lastPort >= entry.firstPort, "lastPort is below firstPort")
  .refine(
    (entry) => entry.wishedPort + entry.lastPort - entry.firstPort <= 65_535,
    "the wished ports pass 65535",
  );
export type OpenExpose = z.infer<typeof openExposeSchema>;

const gpuSchema = z.strictObject({
  units: z.number().int().min(1).max(MAX_GPU_UNITS),
  /** Any one of them; empty for any model. */
  models: z
    .array(
      z.strictObject({
        model: z.string().regex(LABEL),
        ramBytes: sizeBytes.nullable(),
        interface: z.enum(["pcie", "sxm"]).nullable(),
      }),
    )
    .max(MAX_GPU_MODELS),
  requiredVram: z
    .strictObject({ comparison: z.enum([">=", ">", "<=", "<"]), percent: z.number().int().min(0).max(100) })
    .nullable(),
});

/** Of one replica. */
const resourcesSchema = z.strictObject({
  milliCpu: z.number().int().min(1).max(MAX_MILLI_CPU),
  /** Null for any architecture; otherwise the accepted Apple chips, empty for any of them. */
  arm64Models: listOf(z.string().regex(LABEL)).nullable(),
  memoryBytes: sizeBytes,
  volumes: z
    .array(
      z.strictObject({
        name: z.string().regex(VOLUME_NAME),
        sizeBytes,
        persistent: z.boolean(),
        class: z.enum(["ephemeral", "ram", "beta1", "beta2", "beta3"]),
      }),
    )
    .max(MAX_VOLUMES),
  gpu: gpuSchema.nullable(),
});

const openServiceSchema = z.strictObject({
  name: serviceName,
  count: z.number().int().min(1).max(MAX_REPLICAS),
  resources: resourcesSchema,
  expose: z.array(openExposeSchema).max(MAX_EXPOSE_ENTRIES * 2),
  /** Most whole tokens per hour for one replica, decimal. */
  maxPricePerHour: z.string().regex(PRICE),
});
export type OpenService = z.infer<typeof openServiceSchema>;

const placementSchema = z.strictObject({
  regions: listOf(z.string().regex(REGION)),
  excludedRegions: listOf(z.string().regex(REGION)),
  desiredProviders: listOf(z.string().regex(ID)),
  excludedProviders: listOf(z.string().regex(ID)),
  desiredFizz: listOf(z.string().regex(ID)),
  excludedFizz: listOf(z.string().regex(ID)),
  cpuModels: listOf(z.string().regex(SHORT_TEXT)),
  /** 0 for any. */
  minBandwidthMbps: z.number().int().min(0).max(1_000_000),
});

/**
 * What bidders see: everything that decides price and fit, and nothing that says what runs.
 * Every key is always there, so that one meaning has one canonical text and one hash.
 */
export const openPartSchema = z.strictObject({
  version: z.literal("1.0"),
  mode: z.enum(["fizz", "provider"]),
  durationSeconds: z.number().int().min(1).max(MAX_DURATION_SECONDS),
  /** Trust tiers 1 (best) to 7; empty for any. */
  tiers: z.array(z.number().int().min(1).max(7)).max(7),
  /** Symbol; `ETH` is the native coin. */
  token: z.string().regex(TOKEN),
  placement: placementSchema,
  /** By name, ascending. */
  services: z.array(openServiceSchema).min(1).max(MAX_SERVICES),
});
export type OpenPart = z.infer<typeof openPartSchema>;

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressSchema, contractsSchema } from "@fizz/protocol/messages";
import { COLLECT_EVERY_MIB } from "@fizz/protocol/node";
import { isMultiaddr, multiaddr } from "@multiformats/multiaddr";
import { parse } from "yaml";
import { z } from "zod";
import { CONFIG_OPTIONS } from "./config-options.ts";
import { type AddressBlock, parseAddressBlock } from "./domain/address-block.ts";
import { divideLimits } from "./domain/divided-limits.ts";
import { type PortRange } from "./domain/door-allocation.ts";
import { historyShape } from "./history-settings.ts";
import { keyShape, refuseRawKeys } from "./key-settings.ts";
import { relayShape } from "./relay-settings.ts";

const MAX_CONFIG_BYTES = 256 * 1024;
const MIN_CONFIRMATIONS = 2;
/** More than one process carries: docs/PERFORMANCE.md. */
const MAX_NODES = 100_000;
/** As in SubnetRegistry. */
const MAX_CUT_BPS = 2_000;
/** As in SubnetRegistry, and in the domain name system. */
const MAX_DOMAIN_LENGTH = 253;
const MAX_DATABASE_URL_LENGTH = 2_048;
const MAX_SILENCE_SECONDS = 7 * 86_400;
/** A lower bandwidth of a lease would hold one packet back for minutes. */
const MIN_BYTES_PER_SECOND = 1_024;
const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
const DOMAIN = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/;

const port = z.coerce.number().int().min(0).max(65_535);
const connections = z.coerce.number().int().min(1).max(65_536);
const perSecond = z.coerce.number().int().min(1).max(1_000_000);
const silence = z.coerce.number().int().min(1).max(MAX_SILENCE_SECONDS);
const host = z.string().min(1).max(255);
const addresses = z
  .union([z.string().transform((text) => text.split(",")), z.array(z.string())])
  .transform((list) => list.map((entry) => entry.trim()).filter((entry) => entry !== ""))
  .pipe(z.array(z.string().refine(isAddress, "not a multiaddr")).max(16));
const contracts = z.union([z.string().transform(parseJsonText), z.looseObject({})]).pipe(contractsSchema);

const settingsSchema = z.strictObject({
  rpcUrl: z.url({ protocol: /^https?$/ }),
  contracts,
  capacityRounds: addressSchema.optional(),
  ...keyShape,
  cutBps: z.coerce.number().int().min(0).max(MAX_CUT_BPS).default(500),
  apiHost: host.default("0.0.0.0"),
  apiPort: port.default(4800),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .max(256)
    .optional(),
  domain: z
    .union([z.literal(""), z.string().max(MAX_DOMAIN_LENGTH).regex(DOMAIN, "not a domain name")])
    .default(""),
  httpPort: port.optional(),
  httpsPort: port.optional(),
  certificates: z.string().min(1).optional(),
  acme: z.union([z.boolean(), z.stringbool()]).default(false),
  acmeDirectory: z
    .url({ protocol: /^https$/ })
    .max(256)
    .default(LETS_ENCRYPT),
  acmeEmail: z.email().max(254).optional(),
  acmeCaFile: z.string().min(1).optional(),
  acmeMaxNames: z.coerce.number().int().min(1).max(10_000).default(1_000),
  acmeOrdersPerHour: z.coerce.number().int().min(1).max(10_000).default(60),
  listen: addresses.default(["/ip4/0.0.0.0/tcp/4801", "/ip4/0.0.0.0/tcp/4802/ws"]),
  announce: addresses.default([]),
  linkPort: z.union([z.literal("off"), port]).default(4803),
  publicHost: host.default("127.0.0.1"),
  doorHost: host.default("0.0.0.0"),
  ports: z.string().transform(parsePorts).default(parsePorts("30000-30999")),
  dataDir: z.string().min(1).default("./.fizz/gateway"),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .max(MAX_DATABASE_URL_LENGTH)
    .optional(),
  forwardListen: z
    .string()
    .refine(isAddress, "not a multiaddr")
    .refine((text) => !/^\/ip[46]\/(0\.0\.0\.0|::)\//.test(text), "not an address that others reach")
    .default("/ip4/127.0.0.1/tcp/0"),
  confirmations: z.coerce.number().int().min(MIN_CONFIRMATIONS).max(1_000).default(MIN_CONFIRMATIONS),
  pollMs: z.coerce.number().int().min(50).max(60_000).default(1_000),
  maxConnections: connections.default(8_192),
  maxConnectionsPerLease: connections.default(2_048),
  maxConnectionsPerDoor: connections.default(1_024),
  maxConnectionsPerAddress: connections.default(256),
  maxConnectionsPerNode: connections.default(2_048),
  maxUnnamedConnections: connections.default(2_048),
  maxUnnamedConnectionsPerAddress: connections.default(256),
  newConnectionsPerAddress: perSecond.default(1_000),
  newConnectionsPerLease: perSecond.default(2_000),
  idleSeconds: silence.default(3_600),
  halfClosedSeconds: silence.default(300),
  bytesPerSecondPerLease: z
    .union([z.coerce.number().pipe(z.literal(0)), z.coerce.number().int().min(MIN_BYTES_PER_SECOND)])
    .default(0),
  trustProxy: z
    .union([z.string().transform((text) => text.split(",")), z.array(z.string())])
    .transform((list) => list.map((entry) => entry.trim()).filter((entry) => entry !== ""))
    .pipe(z.array(z.string().transform(parseBlock)).max(64))
    .default([]),
  maxNodes: z.coerce.number().int().min(1).max(MAX_NODES).default(10_000),
  stopSeconds: z.coerce.number().min(0).max(600).default(4),
  collectMib: z.coerce.number().int().min(0).max(1_024).default(COLLECT_EVERY_MIB),
  relayBytesPerSecond: z.coerce.number().int().min(65_536).max(10_000_000_000).default(12_500_000),
  adminHost: host.default("127.0.0.1"),
  adminPort: port.optional(),
  rateLimit: z.coerce.number().int().min(1).max(1_000_000).default(600),
  walletRateLimit: z.coerce.number().int().min(1).max(1_000_000).default(300),
  limitShare: z.coerce.number().int().min(1).max(64).default(1),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  ...relayShape,
  ...historyShape,
});
const configSchema = settingsSchema
  .refine(
    ({ domain, httpPort, httpsPort }) => domain !== "" || (httpPort === undefined && httpsPort === undefined),
    { path: ["domain"], message: "needed to serve HTTP by host name" },
  )
  .refine(({ acme, httpPort, httpsPort }) => !acme || (httpPort !== undefined && httpsPort !== undefined), {
    path: ["acme"],
    message: "needs httpPort, where the authority looks, and httpsPort, where certificates are shown",
  })
  .transform(divideLimits);
export type Config = Readonly<z.output<typeof configSchema>>;

/**
 * Reads the configuration: a file, if one is named, and the environment over it.
 *
 * @throws ProtocolError CONFIG_INVALID with every problem.
 */
export function loadConfig(
  configFile?: string,
  env: Record<string, string | undefined> = process.env,
): Config {
  const result = configSchema.safeParse(givenSettings(configFile, env));
  if (!result.success) throw new ProtocolError("CONFIG_INVALID", describe(result.error));
  return Object.freeze(result.data);
}

/**
 * What is set, by the keys of a file, and not checked yet.
 *
 * @throws ProtocolError CONFIG_INVALID for a file that cannot be read, and for a key as it is
 */
export function givenSettings(
  configFile: string | undefined,
  env: Record<string, string | undefined> = process.env,
): Record<string, unknown> {
  const file = configFile === undefined ? {} : readConfigFile(configFile);
  refuseRawKeys(env, file);
  const set = CONFIG_OPTIONS.map(({ env: name, key }) => [key, env[name]] as const);
  return { ...file, ...Object.fromEntries(set.filter(([, value]) => value !== undefined && value !== "")) };
}

function describe(error: z.ZodError): string {
  const lines = error.issues.map((issue) => {
    const option = CONFIG_OPTIONS.find(({ key }) => key === issue.path[0]);
    const name = option === undefined ? issue.path.join(".") : `${option.env} (${option.key})`;
    return `  ${name}: ${issue.message}`;
  });
  return ["The gateway's configuration has problems:", ...lines, "See npm run gateway -- --help."].join("\n");
}

function readConfigFile(path: string): Record<string, unknown> {
  const text = readText(path);
  const value = parseJsonText(text) ?? parseYaml(path, text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ProtocolError("CONFIG_INVALID", `${path} is not a list of settings, in YAML or JSON.`);
  // A key without a value, as `init` writes those that must be filled in, is not set.
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null && entry !== ""));
}

/** Every value stays text: a key or an address of hexadecimal digits is no number. */
function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text, { schema: "failsafe", maxAliasCount: 0 }) as unknown;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "not YAML";
    throw new ProtocolError("CONFIG_INVALID", `${path} cannot be read: ${message}`, { cause });
  }
}

function readText(path: string): string {
  try {
    const text = readFileSync(resolve(path), "utf8");
    if (text.length <= MAX_CONFIG_BYTES) return text;
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", `${path} cannot be read.`, { cause });
  }
  throw new ProtocolError("CONFIG_INVALID", `${path} is larger than ${MAX_CONFIG_BYTES} bytes.`);
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isAddress(text: string): boolean {
  try {
    return isMultiaddr(multiaddr(text));
  } catch {
    return false;
  }
}

function parseBlock(text: string, context: z.RefinementCtx): AddressBlock {
  const block = parseAddressBlock(text, isIP);
  if (block !== undefined) return block;
  context.addIssue({ code: "custom", message: `"${text}" is not an address or a block such as 10.0.0.0/8` });
  return z.NEVER;
}

function parsePorts(text: string, context?: z.RefinementCtx): PortRange[] {
  const ranges = text.split(",").map((piece) => {
    const [first = "", last = first] = piece.trim().split("-");
    return { first: Number(first), last: Number(last) };
  });
  const valid = ranges.every(
    ({ first, last }) =>
      Number.isInteger(first) && Number.isInteger(last) && first >= 1 && last >= first && last <= 65_535,
  );
  if (valid) return ranges;
  context?.addIssue({
    code: "custom",
    message: `"${text}" is not a list of port ranges such as 30000-30999`,
  });
  return z.NEVER;
}

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { directRules } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { contractsSchema } from "@fizz/protocol/messages";
import { COLLECT_EVERY_MIB } from "@fizz/protocol/node";
import { z } from "zod";
import { parseRange } from "./domain/address-range.ts";
import { relayModes } from "./domain/relay-mode.ts";
import { MAX_OWNER_RANGES } from "./domain/sandbox-rules.ts";
import { containerSettings, containerShape } from "./container-settings.ts";
import { imageSettings, imageShape } from "./image-settings.ts";
import { ownerSettings, ownerShape } from "./owner-settings.ts";

const flag = z
  .enum(["0", "1", "true", "false", ""])
  .default("0")
  .transform((text) => text === "1" || text === "true");
const httpUrl = z.url({ protocol: /^https?$/ });
const whole = (least: number, most: number, standard: number) =>
  z.coerce.number().int().min(least).max(most).default(standard);

/** Contract addresses: JSON, or the path of a JSON file that holds them (also below `contracts`). */
const contracts = z.string().transform((text, context) => {
  try {
    const value: unknown = JSON.parse(text.trimStart().startsWith("{") ? text : readFileSync(text, "utf8"));
    const inner = z.object({ contracts: z.unknown() }).safeParse(value);
    return contractsSchema.parse(inner.success ? inner.data.contracts : value);
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    context.addIssue({ code: "custom", message: `no contract addresses: ${problem}` });
    return z.NEVER;
  }
});

/** What doctor starts on each machine of a swarm: any image with BusyBox. */
const PROBE_IMAGE = "docker.io/library/busybox:1.37";
/** Most machines of a swarm whose engines are named. */
const MAX_MACHINES = 64;
const MIB_PER = { Mi: 1, Gi: 1_024 } as const;
/** Read as MiB. */
const gpuMemory = z
  .string()
  .regex(/^[1-9]\d{0,5}(Mi|Gi)$/, "a size such as 24Gi")
  .transform((text) => Number(text.slice(0, -2)) * MIB_PER[text.endsWith("Gi") ? "Gi" : "Mi"]);

/** IPv4 ranges with commas between. */
const ranges = z
  .string()
  .default("")
  .transform((text, context) => {
    const given = text.split(",").filter((part) => part.trim() !== "");
    const parsed = given.map(parseRange).filter((range) => range !== undefined);
    if (parsed.length === given.length && given.length <= MAX_OWNER_RANGES) return parsed;
    const message = `at most ${MAX_OWNER_RANGES} IPv4 ranges such as 192.168.7.0/24, with commas between`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

/** Machines of a swarm, and where their engines answer. */
const machineEngines = z
  .string()
  .default("")
  .transform((text, context) => {
    const pairs = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => /^([a-zA-Z0-9_.-]{1,253})=(unix:\/\/\/\S+|https?:\/\/\S+|tcp:\/\/\S+)$/.exec(part));
    const known = pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? "", pair[2] ?? ""] as const]));
    if (known.length === pairs.length && pairs.length <= MAX_MACHINES) return Object.fromEntries(known);
    const message = `at most ${MAX_MACHINES} of machine=unix:///path/docker.sock, with commas between`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

const schema = z.object({
  FIZZ_RPC_URL: httpUrl,
  FIZZ_CONTRACTS: contracts,
  FIZZ_NODE_GATEWAY: httpUrl.optional(),
  FIZZ_NODE_DATA_DIR: z
    .string()
    .min(1)
    .default(join(homedir(), ".fizz", "node")),
  FIZZ_NODE_KEY_FILE: z.string().min(1).optional(),
  FIZZ_NODE_PASSWORD_FILE: z.string().min(1).optional(),
  FIZZ_NODE_OWNER_KEYSTORE: z.string().min(1).optional(),
  FIZZ_NODE_OWNER_PASSWORD_FILE: z.string().min(1).optional(),
  FIZZ_NODE_MODE: z.enum(["fizz", "provider"]).default("fizz"),
  FIZZ_NODE_REGION: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/, "a short code such as germany or us-east")
    .default("local"),
  FIZZ_NODE_RESOURCES: z.string().optional(),
  FIZZ_NODE_PRICES: z.string().optional(),
  FIZZ_NODE_BANDWIDTH_MBPS: whole(0, 1_000_000, 100),
  FIZZ_NODE_GPU_MEMORY: gpuMemory.optional(),
  FIZZ_NODE_GPU_INTERFACE: z.enum(["pcie", "sxm"]).optional(),
  FIZZ_NODE_MAX_LEASES: whole(1, 200, 20),
  FIZZ_NODE_MAX_CUT_BPS: whole(0, 10_000, 2_000),
  FIZZ_NODE_START_WINDOW: whole(60, 86_400, 300),
  FIZZ_NODE_NOTICE: whole(0, 2_592_000, 3_600),
  FIZZ_NODE_OPERATOR_GAS: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,18})?$/, "a decimal number of coins")
    .default("0.02"),
  FIZZ_NODE_AUTO_REGISTER: flag,
  FIZZ_NODE_REMOVE_ON_EXIT: flag,
  FIZZ_NODE_MISSING_GRACE: whole(1, 604_800, 600),
  FIZZ_NODE_DIRECT: z.enum(directRules).default("public"),
  FIZZ_NODE_RELAY_REQUESTS: z.enum(relayModes).default("auto"),
  FIZZ_NODE_COLLECT_MIB: whole(0, 1_024, COLLECT_EVERY_MIB),
  FIZZ_NODE_ENGINE: z.enum(["docker", "swarm"]).default("docker"),
  FIZZ_NODE_SWARM_ENGINES: machineEngines,
  FIZZ_NODE_SWARM_ENCRYPT: flag,
  FIZZ_NODE_SWARM_PROBE_IMAGE: z.string().min(1).max(500).default(PROBE_IMAGE),
  FIZZ_NODE_SANDBOX: z.enum(["on", "off"]).default("on"),
  FIZZ_NODE_SANDBOX_IMAGE: z.string().min(1).max(500).optional(),
  FIZZ_NODE_BLOCKED_RANGES: ranges,
  FIZZ_NODE_ALLOWED_RANGES: ranges,
  FIZZ_NODE_EGRESS_MBPS: whole(0, 100_000, 100),
  FIZZ_CONFIRMATIONS: whole(0, 1_000, 2),
  DOCKER_HOST: z
    .string()
    .regex(/^(unix:\/\/\/|tcp:\/\/|http:\/\/|https:\/\/)/, "unix:///path/docker.sock or tcp://host:port")
    .default("unix:///var/run/docker.sock"),
  FIZZ_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  ...ownerShape,
  ...imageShape,
  ...containerShape,
});

export type Config = Readonly<z.infer<typeof schema>>;

/**
 * Reads the environment; empty variables count as not set.
 *
 * @throws ProtocolError CONFIG_INVALID with every problem
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  if (given["FIZZ_NODE_KEY"] !== undefined) {
    const message =
      "FIZZ_NODE_KEY is not read: a key in the environment is seen by whoever sees the process. Put it into the file " +
      "of FIZZ_NODE_KEY_FILE (mode 0600), and have it encrypted: npm run node -- init";
    throw new ProtocolError("CONFIG_INVALID", message);
  }
  if (given["FIZZ_NODE_OWNER_KEY"] !== undefined) {
    const message =
      "FIZZ_NODE_OWNER_KEY is not read: a key in the environment is seen by whoever sees the process. Name an encrypted " +
      "file by --owner-keystore or FIZZ_NODE_OWNER_KEYSTORE (fizz wallet import makes one), or use --unsigned.";
    throw new ProtocolError("CONFIG_INVALID", message);
  }
  const result = schema.safeParse(given);
  if (!result.success)
    throw new ProtocolError("CONFIG_INVALID", `The settings are wrong:\n${z.prettifyError(result.error)}`);
  if (result.data.FIZZ_NODE_ENGINE === "swarm" && result.data.FIZZ_NODE_MODE !== "provider")
    throw new ProtocolError("CONFIG_INVALID", "FIZZ_NODE_ENGINE=swarm is for FIZZ_NODE_MODE=provider.");
  if (result.data.FIZZ_NODE_ENGINE === "swarm" && result.data.FIZZ_NODE_DISK === "quota")
    throw new ProtocolError("CONFIG_INVALID", "FIZZ_NODE_DISK=quota is for FIZZ_NODE_ENGINE=docker.");
  return Object.freeze(result.data);
}

/** Not for the file of a service: the owner's, and paths that its manager gives it. */
const LEFT_OUT = new Set([
  ...["FIZZ_NODE_OWNER_KEYSTORE", "FIZZ_NODE_OWNER_PASSWORD_FILE"],
  ...["FIZZ_NODE_PASSWORD_FILE", "FIZZ_NODE_DATA_DIR"],
]);

/** The settings that are set, as they were typed, for the file of a service. */
export function serviceSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  return Object.fromEntries(
    settings.flatMap(([name]) => {
      const value = env[name] ?? "";
      return value === "" || LEFT_OUT.has(name) ? [] : [[name, value] as const];
    }),
  );
}

/** Every variable with its default and meaning, for `--help` and the README. */
export const settings: readonly (readonly [name: string, standard: string, meaning: string])[] = [
  ["FIZZ_RPC_URL", "required", "HTTP(S) JSON-RPC of the chain"],
  [
    "FIZZ_CONTRACTS",
    "required",
    "contract addresses: JSON {nodeRegistry, subnetRegistry, leaseMarket} or a file with it",
  ],
  [
    "FIZZ_NODE_GATEWAY",
    "none",
    "HTTP API of the gateway, for start and register; its key is checked on chain",
  ],
  ["FIZZ_NODE_DATA_DIR", "~/.fizz/node", "operator key, leases and events; mode 0700"],
  [
    "FIZZ_NODE_KEY_FILE",
    "<data dir>/operator.key",
    "operator key, encrypted (Web3 secret storage), made by init with mode 0600",
  ],
  [
    "FIZZ_NODE_PASSWORD_FILE",
    "asked at the terminal",
    "file with the password of the operator key, mode 0600, or a credential of systemd or Docker",
  ],
  [
    "FIZZ_NODE_OWNER_KEYSTORE",
    "the operator",
    "owner key, encrypted (Web3 secret storage), for register and withdraw only; keep it off the machine otherwise",
  ],
  [
    "FIZZ_NODE_OWNER_PASSWORD_FILE",
    "asked at the terminal",
    "file with the password of the owner key, mode 0600",
  ],
  ["FIZZ_NODE_MODE", "fizz", "fizz or provider"],
  ["FIZZ_NODE_REGION", "local", "short region code"],
  [
    "FIZZ_NODE_RESOURCES",
    "half of the machine",
    "what is offered, such as cpu=2,memory=4Gi,storage=20Gi[,gpu=1,gpuModel=rtx4090]",
  ],
  [
    "FIZZ_NODE_PRICES",
    "built in",
    "JSON price list or its path: {token, decimals, cpu, memoryGiB, storageGiB, gpu}, decimal tokens per hour",
  ],
  ...ownerSettings,
  ...imageSettings,
  ["FIZZ_NODE_BANDWIDTH_MBPS", "100", "bandwidth that the owner states, Mbit/s"],
  [
    "FIZZ_NODE_GPU_MEMORY",
    "what the driver tells",
    "memory of one GPU as its maker names it, such as 24Gi; it may be less than the driver tells, never more",
  ],
  ["FIZZ_NODE_GPU_INTERFACE", "what the card's name tells", "pcie or sxm, where the driver tells neither"],
  [
    "FIZZ_NODE_MAX_LEASES",
    "20",
    "most leases at a time; the Docker Engine has addresses for about 30 networks",
  ],
  ["FIZZ_NODE_MAX_CUT_BPS", "2000", "largest cut of the gateway that is accepted, in 1/10000"],
  ["FIZZ_NODE_START_WINDOW", "300", "seconds from a lease to its confirmed start: image pulls must fit"],
  ["FIZZ_NODE_NOTICE", "3600", "seconds of notice before the node may take a machine back"],
  ["FIZZ_NODE_OPERATOR_GAS", "0.02", "coins that register leaves with the operator key for gas"],
  ["FIZZ_NODE_AUTO_REGISTER", "0", "1: start registers the node when it is not"],
  ["FIZZ_NODE_REMOVE_ON_EXIT", "0", "1: remove all own containers at exit (development networks only)"],
  [
    "FIZZ_NODE_MISSING_GRACE",
    "600",
    "seconds that a lease may be missing from the chain before its containers go",
  ],
  [
    "FIZZ_NODE_DIRECT",
    "public",
    "direct connections with tenants: public (at public addresses only), private (any; for a gateway in one's own network), off",
  ],
  [
    "FIZZ_NODE_RELAY_REQUESTS",
    "auto",
    "whether the gateway is asked to pay for the node's transactions: auto (when the operator key cannot), always, never",
  ],
  [
    "FIZZ_NODE_COLLECT_MIB",
    "4",
    "MiB of link traffic between two minor garbage collections; 0 leaves them to V8",
  ],
  [
    "FIZZ_NODE_ENGINE",
    "docker",
    "docker: containers of this machine; swarm: of all machines of the swarm that DOCKER_HOST manages (provider mode)",
  ],
  [
    "FIZZ_NODE_SWARM_ENGINES",
    "none",
    "engines of the swarm's other machines, for shells, stats, disks and persistent volumes there, and managers to ask when DOCKER_HOST does not answer: machine=unix:///path.sock, with commas between",
  ],
  [
    "FIZZ_NODE_SWARM_ENCRYPT",
    "0",
    "1: traffic between the swarm's machines is encrypted; their kernels need IPsec",
  ],
  [
    "FIZZ_NODE_SWARM_PROBE_IMAGE",
    PROBE_IMAGE,
    "image with BusyBox that doctor starts on each machine of the swarm, to see what containers reach there",
  ],
  [
    "FIZZ_NODE_SANDBOX",
    "on",
    "on: containers reach the internet and their lease, never this machine or its networks; off: as Docker has it, for development only",
  ],
  [
    "FIZZ_NODE_SANDBOX_IMAGE",
    "built on the node",
    "image that holds the networks of containers, where node-agent/sandbox/Dockerfile cannot be built",
  ],
  ...containerSettings,
  [
    "FIZZ_NODE_BLOCKED_RANGES",
    "none",
    "IPv4 ranges that containers may not reach, beyond those that are not on the public internet, with commas between",
  ],
  [
    "FIZZ_NODE_ALLOWED_RANGES",
    "none",
    "IPv4 ranges that containers may reach although they are private; never this machine's own addresses",
  ],
  ["FIZZ_NODE_EGRESS_MBPS", "100", "most that one container sends, Mbit/s; 0: no limit"],
  ["FIZZ_CONFIRMATIONS", "2", "depth in blocks at which the chain is believed before anything is destroyed"],
  ["DOCKER_HOST", "unix:///var/run/docker.sock", "the Docker Engine"],
  ["FIZZ_LOG_LEVEL", "info", "trace, debug, info, warn, error or silent; logs are JSON on stderr"],
];

import { homedir } from "node:os";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { bytes32Schema } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { z } from "zod";

/** An environment as `process.env` gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says, read once. */
export interface Settings {
  readonly gatewayUrl: string | undefined;
  readonly rpcUrl: string | undefined;
  readonly privateKey: Hex | undefined;
  readonly walletPassword: string | undefined;
  /** Name of a network of the config file. */
  readonly network: string | undefined;
  /** Folder of config.json and the wallets. */
  readonly configFolder: string;
  /** Folder of what is kept per lease. */
  readonly stateFolder: string;
}

const url = z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional();
const text = z.string().optional();

const environmentSchema = z.object({
  FIZZ_GATEWAY: url,
  FIZZ_RPC_URL: url,
  FIZZ_PRIVATE_KEY: z
    .string()
    .transform((key) => (key.startsWith("0x") ? key : `0x${key}`))
    .pipe(bytes32Schema)
    .optional(),
  FIZZ_WALLET_PASSWORD: text,
  FIZZ_NETWORK: text,
  XDG_CONFIG_HOME: text,
  XDG_STATE_HOME: text,
  HOME: text,
});

/** The environment of this process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Whether the environment asks for plain text (no-color.org). */
export function wantsNoColor(env: Environment): boolean {
  return (env["NO_COLOR"] ?? "") !== "";
}

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @throws ProtocolError CONFIG_INVALID with every problem; never with a value.
 */
export function loadSettings(env: Environment): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = environmentSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ProtocolError("CONFIG_INVALID", `The environment is wrong. ${problems.join("; ")}.`);
  }
  const read = result.data;
  const home = read.HOME ?? homedir();
  return Object.freeze({
    gatewayUrl: read.FIZZ_GATEWAY,
    rpcUrl: read.FIZZ_RPC_URL,
    privateKey: read.FIZZ_PRIVATE_KEY,
    walletPassword: read.FIZZ_WALLET_PASSWORD,
    network: read.FIZZ_NETWORK,
    configFolder: join(read.XDG_CONFIG_HOME ?? join(home, ".config"), "fizz"),
    stateFolder: join(read.XDG_STATE_HOME ?? join(home, ".local", "state"), "fizz"),
  });
}

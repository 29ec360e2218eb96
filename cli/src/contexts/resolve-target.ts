import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Settings } from "../config.ts";
import { type Config } from "./config-file.ts";
import { type LocalNetwork } from "./local-network.ts";

/** Options that every command takes. */
export interface NetworkFlags {
  readonly network?: string;
  readonly gateway?: string;
  readonly rpc?: string;
}

/** Where a command works, before anything was asked. */
export interface Target {
  /** For people: where these values come from. */
  readonly source: string;
  readonly gatewayUrl: string | undefined;
  readonly rpcUrl: string | undefined;
  /** Known beforehand, so that neither RPC nor gateway can claim another one. */
  readonly chainId: number | undefined;
  readonly contracts: ContractAddresses | undefined;
  /** Whether this is a throw-away chain whose keys are public. */
  readonly dev: boolean;
  readonly wallet: string | undefined;
}

const NO_URLS = { gatewayUrl: undefined, rpcUrl: undefined };

export interface TargetInput {
  readonly flags: NetworkFlags;
  readonly settings: Pick<Settings, "gatewayUrl" | "rpcUrl" | "network">;
  readonly config: Config;
  readonly local: LocalNetwork | undefined;
}

const NOWHERE: Target = {
  source: "nothing",
  gatewayUrl: undefined,
  rpcUrl: undefined,
  chainId: undefined,
  contracts: undefined,
  dev: false,
  wallet: undefined,
};

/**
 * Flags win over the environment, the environment over the config file, the config file over a running local network.
 * A network named by a flag also wins over the URLs of the environment. When both URLs are overridden nothing of the
 * lower layers is left: their pinned contracts belong to another network.
 *
 * @throws ProtocolError USAGE when a named network is not in the config file.
 */
export function resolveTarget({ flags, settings, config, local }: TargetInput): Target {
  const environment = flags.network === undefined ? settings : NO_URLS;
  const gateway = layered(flags.gateway, environment.gatewayUrl);
  const rpc = layered(flags.rpc, environment.rpcUrl);
  const isComplete = gateway !== undefined && rpc !== undefined;
  const base = isComplete ? NOWHERE : baseOf(flags.network ?? settings.network, config, local);
  return {
    ...base,
    source: showSources([gateway, rpc], base),
    gatewayUrl: gateway?.url ?? base.gatewayUrl,
    rpcUrl: rpc?.url ?? base.rpcUrl,
  };
}

interface Override {
  readonly url: string;
  readonly source: string;
}

function showSources(overrides: readonly (Override | undefined)[], base: Target): string {
  const named = overrides.flatMap((override) => override?.source ?? []);
  const all = base === NOWHERE && named.length > 0 ? named : [...named, base.source];
  return [...new Set(all)].join(", ");
}

function layered(flag: string | undefined, environment: string | undefined): Override | undefined {
  if (flag !== undefined) return { url: flag, source: "flags" };
  return environment === undefined ? undefined : { url: environment, source: "environment" };
}

function baseOf(wanted: string | undefined, config: Config, local: LocalNetwork | undefined): Target {
  const name = wanted ?? config.currentNetwork;
  if (name !== undefined) {
    const network = Object.hasOwn(config.networks, name) ? config.networks[name] : undefined;
    if (network === undefined) throw unknownNetwork(name, Object.keys(config.networks));
    return { ...network, source: `network "${name}"`, dev: false, wallet: network.wallet };
  }
  if (local === undefined) return NOWHERE;
  return {
    source: "the running local network",
    gatewayUrl: local.gatewayUrl,
    rpcUrl: local.rpcUrl,
    chainId: local.chainId,
    contracts: local.contracts,
    dev: local.dev,
    wallet: undefined,
  };
}

function unknownNetwork(name: string, known: readonly string[]): ProtocolError {
  const list = known.length === 0 ? "There is none yet." : `Known: ${known.join(", ")}.`;
  return new ProtocolError("USAGE", `There is no network "${name}". ${list}`);
}

import { type Address, isAddress } from "viem";

/** Where the page finds its chain, its contracts and its gateway: what /network.json of its own origin says. */
export interface NetworkConfig {
  readonly chainId: number;
  readonly chainName: string;
  readonly rpcUrl: string;
  readonly contracts: {
    readonly nodeRegistry: Address;
    readonly subnetRegistry: Address;
    readonly leaseMarket: Address;
  };
  readonly gatewayUrl: string;
  readonly subnetId: number;
  readonly explorerUrl: string | undefined;
  /** A local chain for development: the built-in wallet may be offered. */
  readonly dev: boolean;
}

export type NetworkConfigResult =
  | { readonly ok: true; readonly config: NetworkConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

const LOCAL_CHAIN_ID = 31_337;

/** Reads network.json; all problems are listed, not only the first. */
export function readNetworkConfig(value: unknown): NetworkConfigResult {
  const problems: string[] = [];
  const reader = new Reader(value, problems);
  const contracts = new Reader(reader.field("contracts"), problems, "contracts.");
  const chainId = reader.count("chainId");
  const config: NetworkConfig = {
    chainId,
    chainName:
      reader.optionalText("chainName") ?? (chainId === LOCAL_CHAIN_ID ? "Local chain" : `Chain ${chainId}`),
    rpcUrl: reader.url("rpcUrl"),
    contracts: {
      nodeRegistry: contracts.address("nodeRegistry"),
      subnetRegistry: contracts.address("subnetRegistry"),
      leaseMarket: contracts.address("leaseMarket"),
    },
    gatewayUrl: reader.url("gatewayUrl").replace(/\/+$/, ""),
    subnetId: reader.count("subnetId"),
    explorerUrl: reader.optionalText("explorerUrl"),
    dev: reader.field("dev") === true,
  };
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

/** Whether the built-in development wallet may be offered: its key is public. */
export function allowsDevWallet(config: NetworkConfig): boolean {
  return config.dev && config.chainId === LOCAL_CHAIN_ID;
}

class Reader {
  readonly #record: Readonly<Record<string, unknown>>;
  readonly #problems: string[];
  readonly #prefix: string;

  constructor(value: unknown, problems: string[], prefix = "") {
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    this.#record = isRecord ? (value as Record<string, unknown>) : {};
    this.#problems = problems;
    this.#prefix = prefix;
  }

  field(name: string): unknown {
    return Object.hasOwn(this.#record, name) ? this.#record[name] : undefined;
  }

  count(name: string): number {
    const value = this.field(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
    return this.#miss(name, "a whole number above 0", 0);
  }

  url(name: string): string {
    const value = this.field(name);
    if (typeof value === "string" && /^https?:\/\/\S+$/.test(value)) return value;
    return this.#miss(name, "an http(s) address", "");
  }

  address(name: string): Address {
    const value = this.field(name);
    if (typeof value === "string" && isAddress(value, { strict: false })) return value;
    return this.#miss(name, "an address of a contract", "0x");
  }

  optionalText(name: string): string | undefined {
    const value = this.field(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  #miss<Value>(name: string, wanted: string, fallback: Value): Value {
    this.#problems.push(`${this.#prefix}${name} must be ${wanted}.`);
    return fallback;
  }
}

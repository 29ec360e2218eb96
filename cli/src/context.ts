import { ProtocolError } from "@fizz/protocol/errors";
import { type GatewayApi, gatewayApi } from "@fizz/protocol/gateway-api";
import { type GatewayNetwork } from "@fizz/protocol/messages";
import { type Hash, type LocalAccount } from "viem";
import { type Chain, type Fetch, openChain } from "./chain/chain.ts";
import { type Sender } from "./chain/transactions.ts";
import { type Settings } from "./config.ts";
import { type Config, ConfigFile } from "./contexts/config-file.ts";
import { findLocalNetwork } from "./contexts/local-network.ts";
import { type NetworkFlags, resolveTarget, type Target } from "./contexts/resolve-target.ts";
import { verifyGateway } from "./chain/verify-gateway.ts";
import { explainingFetch } from "./explain-fetch.ts";
import { type Terminal } from "./output/terminal.ts";
import { LeaseStore } from "./state/lease-store.ts";
import { findWallet, type WalletRef } from "./wallet/find-wallet.ts";
import { askPassword } from "./wallet/passwords.ts";
import { WalletStore } from "./wallet/wallet-store.ts";

/** Options that stand before or behind every command. */
export interface GlobalFlags extends NetworkFlags {
  readonly wallet?: string;
  readonly explain?: boolean;
}

export interface ContextInit {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly flags: GlobalFlags;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly fetch: Fetch;
}

/** What a command works with. Everything is found when it is first asked for, once. */
export class Context {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly fetch: Fetch;
  readonly configFile: ConfigFile;
  readonly wallets: WalletStore;
  readonly #init: ContextInit;
  readonly #closers: ((error?: unknown) => Promise<void>)[] = [];
  #config: Promise<Config> | undefined;
  #target: Promise<Target> | undefined;
  #chain: Promise<Chain> | undefined;
  #gatewayNetwork: Promise<GatewayNetwork> | undefined;
  #wallet: Promise<WalletRef> | undefined;

  constructor(init: ContextInit) {
    this.#init = init;
    this.terminal = init.terminal;
    this.settings = init.settings;
    this.signal = init.signal;
    this.fetch =
      init.flags.explain === true
        ? explainingFetch(init.fetch, (line) => {
            init.terminal.note(line);
          })
        : init.fetch;
    this.configFile = new ConfigFile(init.settings.configFolder);
    this.wallets = new WalletStore(init.settings.configFolder);
  }

  async config(): Promise<Config> {
    return await (this.#config ??= this.configFile.read());
  }

  /** @throws ProtocolError USAGE */
  async target(): Promise<Target> {
    return await (this.#target ??= this.#findTarget());
  }

  /** @throws ProtocolError CONFIG_INVALID when there is no gateway. */
  async gatewayUrl(): Promise<string> {
    const { gatewayUrl } = await this.target();
    if (gatewayUrl === undefined) throw noNetwork("gateway");
    return gatewayUrl;
  }

  async gateway(): Promise<GatewayApi> {
    return gatewayApi({ baseUrl: await this.gatewayUrl(), fetch: this.fetch });
  }

  /** The chain of the settings, checked to be the one that they name. */
  async chain(): Promise<Chain> {
    return await (this.#chain ??= this.#openChain());
  }

  /** What the gateway says of itself, held against the chain. */
  async gatewayNetwork(): Promise<GatewayNetwork> {
    return await (this.#gatewayNetwork ??= this.#readGateway());
  }

  /** @throws ProtocolError WALLET_MISSING */
  async wallet(): Promise<WalletRef> {
    return await (this.#wallet ??= this.#findWallet());
  }

  async account(): Promise<LocalAccount> {
    return await (await this.wallet()).unlock();
  }

  async sender(onSent?: (hash: Hash) => void): Promise<Sender> {
    const [chain, account] = [await this.chain(), await this.account()];
    return { chain, account, signal: this.signal, ...(onSent === undefined ? {} : { onSent }) };
  }

  async leases(): Promise<LeaseStore> {
    const chain = await this.chain();
    return new LeaseStore(this.settings.stateFolder, {
      chainId: chain.id,
      address: chain.contracts.leaseMarket,
    });
  }

  /** Registers something to end when the command is over. @param close Gets what the command failed with, if it did. */
  onClose(close: (error?: unknown) => Promise<void>): void {
    this.#closers.push(close);
  }

  async close(error?: unknown): Promise<void> {
    await Promise.allSettled(
      this.#closers.splice(0).map(async (close) => {
        await close(error);
      }),
    );
  }

  async #findTarget(): Promise<Target> {
    const { flags, settings, cwd } = this.#init;
    const [config, local] = await Promise.all([this.config(), findLocalNetwork(cwd)]);
    return resolveTarget({ flags, settings, config, local });
  }

  async #openChain(): Promise<Chain> {
    const { rpcUrl, chainId, contracts } = await this.target();
    if (rpcUrl === undefined) throw noNetwork("RPC");
    if (chainId !== undefined && contracts !== undefined)
      return await openChain({ rpcUrl, fetch: this.fetch, chainId, contracts });
    const named = await (await this.gateway()).network(this.signal);
    this.terminal.warn(
      "the contract addresses are the gateway's word. Pin them once with `fizz network add NAME --gateway … --rpc …`.",
    );
    return await openChain({ rpcUrl, fetch: this.fetch, chainId: named.chainId, contracts: named.contracts });
  }

  async #readGateway(): Promise<GatewayNetwork> {
    const network = await (await this.gateway()).network(this.signal);
    await verifyGateway(await this.chain(), network);
    return network;
  }

  async #findWallet(): Promise<WalletRef> {
    const [config, target] = await Promise.all([this.config(), this.target()]);
    const choice = {
      flag: this.#init.flags.wallet,
      privateKey: this.settings.privateKey,
      networkWallet: target.wallet,
      currentWallet: config.currentWallet,
      dev: target.dev,
      chainId: target.chainId ?? 0,
    };
    const source = { terminal: this.terminal, walletPassword: this.settings.walletPassword };
    const password = async (name: string): Promise<string> => await askPassword(source, name);
    const wallet = await findWallet(choice, { store: this.wallets, password });
    if (wallet.dev) this.terminal.note(`using ${wallet.source}, ${wallet.address}`);
    return wallet;
  }
}

function noNetwork(part: string): ProtocolError {
  const message =
    `No ${part} is set. Start a local network with \`npm start\`, set FIZZ_GATEWAY and FIZZ_RPC_URL, ` +
    "or add one with `fizz network add NAME --gateway URL --rpc URL`.";
  return new ProtocolError("CONFIG_INVALID", message);
}

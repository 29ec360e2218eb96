import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { type ContractAddresses, type DoorsRequest, type GatewayNetwork } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type OpenedDoors } from "../domain/stored-lease.ts";
import { reconnectDelayMs } from "../domain/back-off.ts";
import { type Logger } from "../observability/logger.ts";
import { type Chain, type Clock, type GatewayLink, type Pulsing, type Quoting } from "../ports.ts";
import { GatewaySession } from "./gateway-session.ts";
import { type NodeHost } from "./host.ts";

export interface GatewayLinkComponents {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly log: Logger;
  readonly quoting: Quoting;
  readonly pulsing: Pulsing;
  /** Registers the node's protocols; `gatewayPeer` is the only one that may use some of them. */
  readonly serve: (host: NodeHost, gatewayPeer: string, signal: AbortSignal) => Promise<void>;
  /** A session began or ended. */
  readonly onChange: () => void;
}

export interface GatewayLinkInit {
  readonly gatewayUrl: string;
  readonly privateKey: Hex;
  readonly nodeId: bigint;
  readonly contracts: ContractAddresses;
  readonly agentVersion: string;
}

/** A session that lasted this long clears the back-off, in milliseconds. */
const STABLE_SESSION_MS = 30_000;

interface Live {
  readonly session: GatewaySession;
  readonly subnetId: number;
  readonly number: number;
}

/** Stays connected to the gateway for ever: looks its addresses up, checks its key on chain, dials, and dials again. */
export class Libp2pGatewayLink implements GatewayLink {
  readonly #components: GatewayLinkComponents;
  readonly #init: GatewayLinkInit;
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #live: Live | undefined;
  #sessions = 0;

  constructor(components: GatewayLinkComponents, init: GatewayLinkInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#stayConnected(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#live?.session.close();
    await this.#running;
    this.#stop = undefined;
  }

  session(): number | undefined {
    return this.#live?.number;
  }

  subnetId(): number | undefined {
    return this.#live?.subnetId;
  }

  async openDoors(request: DoorsRequest, signal: AbortSignal): Promise<OpenedDoors> {
    if (this.#live === undefined)
      throw new ProtocolError("GATEWAY_UNREACHABLE", "The node is not connected to its gateway.");
    return await this.#live.session.openDoors(request, signal);
  }

  /** The offer has changed: tell the gateway now. */
  poke(): void {
    this.#live?.session.poke();
  }

  async #stayConnected(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#components;
    let attempt = 0;
    let connectedAt = clock.now();
    while (!signal.aborted) {
      const from = clock.now();
      let isRefused = false;
      try {
        await this.#runSession(signal);
        connectedAt = clock.now();
        log.warn({ event: "gateway.lost" }, "The connection to the gateway is lost.");
      } catch (error) {
        isRefused = error instanceof ProtocolError && !error.retryable;
        log.warn({ event: "gateway.unreachable", error }, "The gateway cannot be reached; trying again.");
      }
      attempt = clock.now() - from >= STABLE_SESSION_MS ? 1 : attempt + 1;
      const awayMs = clock.now() - connectedAt;
      await clock.sleep(reconnectDelayMs({ attempt, awayMs, isRefused, jitter: Math.random() }), signal);
    }
  }

  async #runSession(signal: AbortSignal): Promise<void> {
    const { chain, log, onChange, ...others } = this.#components;
    const { gatewayUrl, nodeId, privateKey, agentVersion } = this.#init;
    const network = await gatewayApi({ baseUrl: gatewayUrl, fetch }).network(signal);
    const subnetId = await this.#verify(network);
    const session = new GatewaySession(
      {
        clock: others.clock,
        log,
        offer: () => others.quoting.offer(),
        pulsing: others.pulsing,
        serve: (host, ended) => others.serve(host, network.peerId, ended),
      },
      {
        privateKey,
        gatewayPeer: network.peerId,
        subnetId,
        multiaddrs: network.multiaddrs,
        hello: { agentVersion, chainId: chain.chainId, market: chain.market, nodeId },
      },
    );
    const close = (): void => {
      void session.close();
    };
    signal.addEventListener("abort", close, { once: true });
    try {
      const { welcome, run } = await session.open();
      this.#sessions += 1;
      this.#live = { session, subnetId, number: this.#sessions };
      log.info(
        {
          event: "gateway.connected",
          peerId: network.peerId,
          subnetId,
          gatewayVersion: welcome.gatewayVersion,
        },
        "The gateway welcomes the node.",
      );
      onChange();
      await run();
    } finally {
      signal.removeEventListener("abort", close);
      this.#live = undefined;
      await session.close();
      onChange();
    }
  }

  /** The gateway must speak of the same contracts, and its key must run a subnet that this node is in. */
  async #verify(network: GatewayNetwork): Promise<number> {
    const { chain } = this.#components;
    const { contracts, nodeId } = this.#init;
    const isSame =
      network.chainId === chain.chainId &&
      Object.entries(contracts).every(
        ([name, address]) => network.contracts[name as keyof ContractAddresses] === address,
      );
    if (!isSame)
      throw new ProtocolError(
        "CHAIN_MISMATCH",
        "The gateway uses another chain or other contracts than this node.",
      );
    const subnetId = await chain.sharedSubnet(nodeId, addressOfPeerId(network.peerId));
    if (subnetId === undefined) {
      const message = `The gateway ${network.peerId} runs no subnet that this node is in. Run: npm run node -- register`;
      throw new ProtocolError("IDENTITY_UNKNOWN", message);
    }
    return subnetId;
  }
}

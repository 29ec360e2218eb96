import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { CONTROL_TIMEOUT_MS, observeRequestSchema, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type ObservedAddress, type SignedObserved } from "@fizz/protocol/typed-data";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type Logger } from "../ports.ts";

/** Answers to one address per window, and addresses that are counted: each answer costs a signature. */
export const MAX_OBSERVATIONS_PER_ADDRESS = 60;
export const MAX_OBSERVED_ADDRESSES = 10_000;
const WINDOW_MS = 60_000;
const MS_PER_SECOND = 1_000;

export interface ObserveServerComponents {
  readonly host: Libp2p;
  readonly sign: (observed: ObservedAddress) => Promise<SignedObserved["signature"]>;
  /** Unix milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/**
 * Tells a peer from which address it comes, and signs it: another peer can then trust that the address is really that
 * peer's. Both use it to dial each other directly; the gateway has no other part in that.
 */
export class ObserveServer {
  readonly #components: ObserveServerComponents;
  readonly #counts = new Map<string, number>();
  #windowFrom = 0;

  constructor(components: ObserveServerComponents) {
    this.#components = components;
  }

  async start(): Promise<void> {
    const handler = (stream: Stream, connection: Connection): void => void this.#answer(stream, connection);
    await this.#components.host.handle(protocols.observe, handler, { maxInboundStreams: 1 });
  }

  async stop(): Promise<void> {
    await this.#components.host.unhandle(protocols.observe);
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    const framed = new FramedStream(stream);
    const within = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    try {
      await framed.require(observeRequestSchema, within);
      const observed = this.#observe(connection);
      const signature = await this.#components.sign(observed);
      await framed.write({ type: "observed", signed: { observed, signature } }, within);
    } catch (error) {
      this.#components.logger.debug({ event: "observe.refused", error }, "An address was not told.");
      await framed.write({ type: "error", error: errorToWire(error) }, within).catch(() => undefined);
    } finally {
      await framed.close();
    }
  }

  #observe({ remoteAddr, remotePeer }: Connection): ObservedAddress {
    const [ip, tcp] = remoteAddr.getComponents();
    const port = Number(tcp?.value);
    const isPlain = (ip?.name === "ip4" || ip?.name === "ip6") && tcp?.name === "tcp";
    if (!isPlain || ip.value === undefined || remoteAddr.toString().includes("/p2p-circuit"))
      throw new ProtocolError("INPUT_INVALID", "Only a plain TCP connection has an address to tell.");
    this.#count(ip.value);
    return {
      peer: addressOfPeerId(remotePeer.toString()),
      host: ip.value.toLowerCase(),
      port,
      at: Math.floor(this.#components.clock() / 1_000),
    };
  }

  #count(host: string): void {
    const now = this.#components.clock();
    if (now - this.#windowFrom >= WINDOW_MS) {
      this.#windowFrom = now;
      this.#counts.clear();
    }
    const count = this.#counts.get(host) ?? 0;
    if (count >= MAX_OBSERVATIONS_PER_ADDRESS || (count === 0 && this.#counts.size >= MAX_OBSERVED_ADDRESSES))
      throw toldTooOften(this.#windowFrom + WINDOW_MS - now);
    this.#counts.set(host, count + 1);
  }
}

function toldTooOften(waitMs: number): ProtocolError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / MS_PER_SECOND));
  const message = `This address was told too often. Try again in ${retryAfterSeconds} s.`;
  return new ProtocolError("RATE_LIMITED", message, { details: { retryAfterSeconds } });
}

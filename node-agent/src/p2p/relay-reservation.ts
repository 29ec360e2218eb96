import { type CircuitRelayTransportComponents, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { type Listener, type Transport } from "@libp2p/interface";
import { type Multiaddr } from "@multiformats/multiaddr";
import { retryDelayMs } from "../domain/back-off.ts";
import { type Clock } from "../ports.ts";

/** Between two looks whether the reservation is there, in milliseconds. */
const LOOK_EVERY_MS = 10_000;
/** Relayed connections of clients that are being opened or open at once. */
const MAX_RELAYED = 256;
/** Time for a relay reservation: the gateway grants it once `hello` is through, in milliseconds. */
const RESERVATION_TIMEOUT_MS = 15_000;

export interface KeepReservation {
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called each time that the gateway refuses. `failures` in a row came before. */
  readonly onMissing: (error: unknown, failures: number) => void;
}

/** The part of libp2p's Listener that is needed here. */
export interface RelayListener {
  listen(address: Multiaddr): Promise<void>;
  /** None while there is no reservation. */
  getAddrs(): readonly unknown[];
}

/**
 * The node's place on its gateway's relay, by which clients reach it. libp2p asks for it when the host starts, and renews it;
 * what is refused, or not renewed, it leaves at that.
 */
export class RelayReservation {
  readonly #listeners: RelayListener[] = [];

  /** libp2p's transport for it, whose listeners are remembered. */
  readonly transport = (components: CircuitRelayTransportComponents): Transport => {
    const transport = circuitRelayTransport({
      maxInboundStopStreams: MAX_RELAYED,
      reservationCompletionTimeout: RESERVATION_TIMEOUT_MS,
    })(components);
    const createListener = transport.createListener.bind(transport);
    return Object.assign(transport, {
      createListener: (...args: Parameters<typeof createListener>): Listener => {
        const listener = createListener(...args);
        this.remember(listener);
        return listener;
      },
    });
  };

  remember(listener: RelayListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Asks for a reservation whenever there is none.
   *
   * @param gateway Where the node is connected, with the peer id at the end.
   */
  async keep(gateway: Multiaddr, { clock, signal, onMissing }: KeepReservation): Promise<void> {
    const address = gateway.encapsulate("/p2p-circuit");
    const isOver = (): boolean => signal.aborted;
    let failures = 0;
    while (!isOver()) {
      try {
        if (!this.#isHeld) await this.#listeners[0]?.listen(address);
        failures = 0;
      } catch (error) {
        if (!isOver()) onMissing(error, failures);
        failures += 1;
      }
      const waitMs = failures === 0 ? LOOK_EVERY_MS : retryDelayMs(failures, Math.random());
      await clock.sleep(waitMs, signal);
    }
  }

  get #isHeld(): boolean {
    return this.#listeners.some((listener) => listener.getAddrs().length > 0);
  }
}

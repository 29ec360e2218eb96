import { ProtocolError } from "@fizz/protocol/errors";
import { type Listener, type Transport, type Upgrader } from "@libp2p/interface";
import { type Multiaddr } from "@multiformats/multiaddr";
import { retryDelayMs } from "../domain/back-off.ts";
import { type Clock } from "../ports.ts";

/** What libp2p gives to a service, as far as it is needed here. */
export interface RelayReservationComponents {
  readonly upgrader: Upgrader;
  readonly transportManager: { listenTransportForMultiaddr(address: Multiaddr): Transport | undefined };
}

export interface KeepReservation {
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called each time that there is none: the gateway refused it, or it was not renewed. `failures` in a row came before. */
  readonly onMissing: (error: unknown, failures: number) => void;
}

interface HoldOptions {
  readonly signal: AbortSignal;
  readonly onHeld: () => void;
}

/**
 * The node's place on its gateway's relay, by which clients reach it. libp2p asks for one once, and renews it; what is
 * refused, or not renewed, it leaves at that.
 */
export class RelayReservation {
  readonly #components: RelayReservationComponents;

  constructor(components: RelayReservationComponents) {
    this.#components = components;
  }

  /**
   * Asks for a reservation, and again whenever there is none any more.
   *
   * @param gateway Where the node is connected, with the peer id at the end.
   */
  async keep(gateway: Multiaddr, { clock, signal, onMissing }: KeepReservation): Promise<void> {
    const address = gateway.encapsulate("/p2p-circuit");
    let failures = 0;
    const onHeld = (): void => {
      failures = 0;
    };
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        await this.#hold(address, { signal, onHeld });
      } catch (error) {
        if (!isOver()) onMissing(error, failures);
      }
      failures += 1;
      await clock.sleep(retryDelayMs(failures, Math.random()), signal);
    }
  }

  /** Until the signal aborts. @throws What libp2p says; ProtocolError STREAM_CLOSED when it was not renewed */
  async #hold(address: Multiaddr, { signal, onHeld }: HoldOptions): Promise<void> {
    const listener = this.#createListener(address);
    try {
      await listener.listen(address);
      onHeld();
      await whenLost(listener, signal);
      throw new ProtocolError("STREAM_CLOSED", "The relay reservation was not renewed.");
    } finally {
      await listener.close();
    }
  }

  #createListener(address: Multiaddr): Listener {
    const transport = this.#components.transportManager.listenTransportForMultiaddr(address);
    if (transport === undefined)
      throw new ProtocolError("INPUT_INVALID", `Nothing here listens on ${address.toString()}.`);
    return transport.createListener({ upgrader: this.#components.upgrader });
  }
}

/** A listener says when its addresses have changed: without a reservation it has none. */
async function whenLost(listener: Listener, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const onChange = (): void => {
      if (listener.getAddrs().length === 0) resolve();
    };
    listener.addEventListener("listening", onChange);
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
    onChange();
    if (signal.aborted) resolve();
  });
}

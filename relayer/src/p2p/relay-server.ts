import {
  circuitRelayServer,
  type CircuitRelayService,
  type RelayReservation,
} from "@libp2p/circuit-relay-v2";
import { type PeerId } from "@libp2p/interface";

type RelayServer = ReturnType<typeof circuitRelayServer>;
type Expiry = RelayReservation["signal"];

/**
 * As `circuitRelayServer`, with reservations that live for as long as they are renewed, and end then only.
 *
 * The library's own timer (retimeable-signal 1.0) forgets to stop what a renewal set when the next one comes: two hours
 * after the first, it ends a reservation that was renewed since, and everything that is relayed to the node, while the
 * node believes that it is reached. And it ends one whose answer finds nobody any more: the node may have come back and
 * have asked again meanwhile, and would not learn of it either.
 */
export function relayServer(init: Parameters<typeof circuitRelayServer>[0]): RelayServer {
  const create = circuitRelayServer(init);
  return (components) => {
    const relay = create(components);
    keepRenewed(relay.reservations);
    return relay;
  };
}

/** Every reservation is set when it is made, and again when it is renewed. Its end is its expiry. */
function keepRenewed(reservations: CircuitRelayService["reservations"]): void {
  const own = new WeakSet<Expiry>();
  const set = reservations.set.bind(reservations);
  const end = reservations.delete.bind(reservations);
  const remove = (peer: PeerId, signal: Expiry): void => {
    if (reservations.get(peer)?.signal === signal) end(peer);
  };
  reservations.delete = () => false;
  reservations.set = (peer, reservation) => {
    if (!own.has(reservation.signal)) {
      reservation.signal.clear();
      const signal = expiryIn(reservation.expiry.getTime() - Date.now());
      signal.addEventListener("abort", () => {
        remove(peer, signal);
      });
      own.add(signal);
      reservation.signal = signal;
    }
    set(peer, reservation);
  };
}

/** Aborts after these milliseconds, unless it is given others before; never once it is cleared. */
function expiryIn(ms: number): Expiry {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const reset = (later: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      controller.abort(new DOMException("The relay reservation was not renewed.", "TimeoutError"));
    }, later);
    timer.unref();
  };
  const clear = (): void => {
    clearTimeout(timer);
  };
  reset(ms);
  return Object.assign(controller.signal, { reset, clear });
}

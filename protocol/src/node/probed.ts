import { Socket } from "node:net";
import { type MultiaddrConnection, type Transport, type Upgrader } from "@libp2p/interface";

/** Of a connection on which nothing comes, in milliseconds. */
const FIRST_PROBE_MS = 4_000;
const PROBE_EVERY_MS = 1_000;
/** So many in a row that are not answered end the connection: 7 s after the last sign of its other side. */
const PROBES = 3;

/**
 * libp2p's TCP between a gateway and its nodes: the systems of both sides ask each other whether they are there
 * (RFC 9293, 3.8.4). A machine that is gone without a word is missed within seconds, at no cost to the programs. What
 * stands still on a machine that goes on has to be asked by other means.
 *
 * @param create What a host would be given.
 */
export function probed<Components>(
  create: (components: Components) => Transport,
): (components: Components) => Transport {
  return (components) => {
    const transport = create(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    return Object.assign(transport, {
      dial: async (address: Parameters<typeof dial>[0], options: Parameters<typeof dial>[1]) =>
        await dial(address, { ...options, upgrader: probing(options.upgrader) }),
      createListener: (options: Parameters<typeof createListener>[0]) =>
        createListener({ ...options, upgrader: probing(options.upgrader) }),
    });
  };
}

/** The same upgrader, which has each connection probed first. */
function probing(upgrader: Upgrader): Upgrader {
  return Object.assign(Object.create(upgrader) as Upgrader, {
    upgradeInbound: async (...args: Parameters<Upgrader["upgradeInbound"]>) => {
      probe(args[0]);
      await upgrader.upgradeInbound(...args);
    },
    upgradeOutbound: async (...args: Parameters<Upgrader["upgradeOutbound"]>) => {
      probe(args[0]);
      return await upgrader.upgradeOutbound(...args);
    },
  });
}

function probe(connection: MultiaddrConnection): void {
  if ("socket" in connection && connection.socket instanceof Socket)
    connection.socket.setKeepAlive(true, FIRST_PROBE_MS, PROBE_EVERY_MS, PROBES);
}

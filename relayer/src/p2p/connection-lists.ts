import { type Connection, type PeerId, type Startable } from "@libp2p/interface";

/** What libp2p's connection manager is needed for here. */
interface ConnectionLists {
  getConnections(peerId?: PeerId): Connection[];
  getConnectionsMap(): { values(): Iterable<Connection[]> };
}

export interface QuickConnectionListsComponents {
  readonly connectionManager: ConnectionLists;
}

/**
 * Lists connections in linear time. The connection manager lists them twice for each new one (libp2p 3.3), and copies
 * all that it has listed so far for each peer: with 9,000 nodes a list takes a quarter of a second and hundreds of MiB.
 */
export class QuickConnectionLists implements Startable {
  constructor({ connectionManager }: QuickConnectionListsComponents) {
    const ofPeer = connectionManager.getConnections.bind(connectionManager);
    connectionManager.getConnections = (peerId) =>
      peerId === undefined ? [...connectionManager.getConnectionsMap().values()].flat() : ofPeer(peerId);
  }

  start(): void {
    // Nothing to start: lists are asked for from the first connection on.
  }

  stop(): void {
    // Nothing to stop.
  }
}

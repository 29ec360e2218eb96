import { type Connection, type PeerId } from "@libp2p/interface";
import { expect } from "chai";
import { listConnectionsQuickly } from "../../../relayer/src/p2p/connection-lists.ts";

const connection = (id: string): Connection => ({ id }) as Connection;
const peer = (name: string): PeerId => ({ toString: () => name }) as PeerId;

/** As libp2p's: peers with their connections, and a list that must not be made in its own way. */
class Manager {
  readonly #connections = new Map<string, Connection[]>();

  set(name: string, connections: Connection[]): void {
    this.#connections.set(name, connections);
  }

  getConnections(peerId?: PeerId): Connection[] {
    if (peerId === undefined) throw new Error("listed in the slow way");
    return this.#connections.get(peerId.toString()) ?? [];
  }

  getConnectionsMap(): Map<string, Connection[]> {
    return this.#connections;
  }
}

describe("listConnectionsQuickly", () => {
  const manager = new Manager();
  listConnectionsQuickly({ connectionManager: manager });

  it("lists the connections of all peers, as they are now", () => {
    expect(manager.getConnections()).to.deep.equal([]);
    const [first, second, third] = [connection("1"), connection("2"), connection("3")];
    manager.set("a", [first, second]);
    manager.set("b", [third]);
    expect(manager.getConnections()).to.deep.equal([first, second, third]);
    manager.set("a", []);
    expect(manager.getConnections()).to.deep.equal([third]);
  });

  it("leaves the connections of one peer to the manager", () => {
    manager.set("c", [connection("4")]);
    expect(manager.getConnections(peer("c")).map(({ id }) => id)).to.deep.equal(["4"]);
    expect(manager.getConnections(peer("d"))).to.deep.equal([]);
  });
});

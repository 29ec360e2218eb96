import { abortConnection } from "@fizz/protocol/streams";
import { type Connection } from "@libp2p/interface";
import { expect } from "chai";
import { addressOfKey, sayHello, startGatewayFixture, startPeer } from "../support/gateway-fixture.ts";
import { eventually, nodeFacts, testKey } from "../support/builders.ts";

const NODE_KEY = testKey(0x16);

describe("abortConnection", () => {
  it("ends a connection, once", async () => {
    const gateway = await startGatewayFixture();
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    const peer = await startPeer(NODE_KEY);
    try {
      const { connection } = await sayHello(peer, gateway.host);
      abortConnection(connection, new Error("enough"));
      abortConnection(connection, new Error("again"));
      await eventually(() => gateway.nodes.find(1n)?.online === false);
    } finally {
      await peer.stop();
      await gateway.stop();
    }
  });

  it("does not throw when the other side was faster", () => {
    const told: Error[] = [];
    const connection = {
      status: "open",
      abort: (error: Error) => {
        told.push(error);
        throw new Error("Cannot write to a stream that is closed");
      },
    };
    const error = new Error("enough");
    abortConnection(connection as unknown as Connection, error);
    expect(told).to.deep.equal([error]);
  });
});

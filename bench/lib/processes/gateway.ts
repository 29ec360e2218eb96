/**
 * `node gateway.ts <json>`: the gateway's libp2p host, hello, doors and tunnels, with a chain in memory. Says where it
 * is reached.
 */
import { leaseFacts, nodeFacts } from "../../../test/relayer/support/builders.ts";
import { addressOfKey, startGatewayFixture } from "../../../test/relayer/support/gateway-fixture.ts";
import { serveFigures } from "./figures.ts";
import { type GatewayFacts, type NodePlan } from "./plans.ts";
import { sayReady } from "./ready.ts";

/** More than any measurement opens. */
const CONNECTIONS = 20_000;
const limits = {
  total: CONNECTIONS,
  perLease: CONNECTIONS,
  perDoor: CONNECTIONS,
  perAddress: CONNECTIONS,
};

const nodes = JSON.parse(process.argv[2] ?? "[]") as NodePlan[];
const gateway = await startGatewayFixture({ limits });
for (const { nodeId, key, leases } of nodes) {
  gateway.chain.addNode(nodeFacts({ nodeId: BigInt(nodeId), operator: addressOfKey(key) }));
  for (const { lid, leaseHash } of leases)
    gateway.chain.leases.set(
      BigInt(lid),
      leaseFacts({ lid: BigInt(lid), nodeId: BigInt(nodeId), leaseHash }),
    );
}
const figuresPort = await serveFigures(() => ({
  nodes: gateway.nodes.onlineCount(),
  connections: gateway.doors.counts().connections,
  libp2pConnections: gateway.host.getConnections().length,
  libp2pStreams: gateway.host.getConnections().reduce((sum, { streams }) => sum + streams.length, 0),
}));
const facts: GatewayFacts = {
  peerId: gateway.host.peerId.toString(),
  multiaddrs: gateway.host.getMultiaddrs().map((address) => address.toString()),
  figuresPort,
};
sayReady(facts);

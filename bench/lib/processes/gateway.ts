/**
 * `node gateway.ts <json>`: the gateway's libp2p host, hello, doors and tunnels, with a chain in memory. Says where it
 * is reached.
 */
import { leaseFacts, nodeFacts } from "../../../test/relayer/support/builders.ts";
import { addressOfKey, startGatewayFixture } from "../../../test/relayer/support/gateway-fixture.ts";
import { serveFigures } from "./figures.ts";
import { type GatewayFacts, type GatewayPlan, idleNode } from "./plans.ts";
import { sayReady } from "./ready.ts";

/** Guards that no measurement is to meet. */
const RAISED = ["total", "perLease", "perDoor", "perAddress", "perNode", "newPerAddress", "newPerLease"];
const MORE_THAN_EVER = 60_000;
const limits = Object.fromEntries(RAISED.map((name) => [name, MORE_THAN_EVER]));

const plan = JSON.parse(process.argv[2] ?? "{}") as GatewayPlan;
const { nodes, idleNodes = 0, routingFolder: folder } = plan;
const all = [...nodes, ...Array.from({ length: idleNodes }, (_, index) => idleNode(index))];
const gateway = await startGatewayFixture({
  limits,
  maxNodes: all.length,
  dataLinks: () => ({}),
  ...(folder === undefined
    ? {}
    : { routing: { domain: "gw.test", httpPort: 0, https: { port: 0, folder, given: undefined } } }),
});
for (const { nodeId, key, leases } of all) {
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
  httpPort: gateway.router.portOf("http") ?? 0,
  httpsPort: gateway.router.portOf("https") ?? 0,
};
sayReady(facts);

/**
 * `node agent.ts <json>`: a node's session with a gateway and its tunnels; containers are servers on loopback, each on
 * the port that the door names. Says at which public ports they are reached.
 */
import { COLLECT_EVERY_MIB, TrafficCollector } from "@fizz/protocol/node";
import { GatewaySession } from "../../../node-agent/src/p2p/gateway-session.ts";
import { serveDataLinks } from "../../../node-agent/src/p2p/data-link.ts";
import { PeerLimits } from "../../../node-agent/src/p2p/peer-limits.ts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock } from "../../../node-agent/src/system-clock.ts";
import { idlePulsing } from "../../../test/node-agent/support/memory-pulses.ts";
import { silentLog } from "../../../test/node-agent/support/silent-log.ts";
import { MARKET, offer, SLASHER } from "../../../test/relayer/support/builders.ts";
import { serveFigures } from "./figures.ts";
import { type AgentFacts, type AgentInit } from "./plans.ts";
import { sayReady } from "./ready.ts";

const { gateway, node } = JSON.parse(process.argv[2] ?? "{}") as AgentInit;
const onTraffic = new TrafficCollector(COLLECT_EVERY_MIB).count;
const session = new GatewaySession(
  {
    clock: systemClock,
    log: silentLog,
    offer: () => Promise.resolve(offer()),
    pulsing: idlePulsing({ key: node.key, nodeId: BigInt(node.nodeId), slasher: SLASHER }),
    serve: async (host, signal) => {
      const limits = new PeerLimits(systemClock);
      const context = { log: silentLog, gatewayPeer: gateway.peerId, signal, limits };
      const targets = {
        locate: ({ port }: { readonly port: number }) => Promise.resolve({ host: "127.0.0.1", port }),
      };
      await serveTunnelLink(host, { targets, context, onTraffic });
      await serveDataLinks(host, { targets, context, onTraffic });
    },
  },
  {
    privateKey: node.key,
    gatewayPeer: gateway.peerId,
    subnetId: 1,
    multiaddrs: gateway.multiaddrs.filter((address) => !address.includes("/ws")),
    hello: { agentVersion: "0.1.0", chainId: 31_337, market: MARKET, nodeId: BigInt(node.nodeId) },
  },
);
const { run } = await session.open();
const running = run();
const publicPorts: number[][] = [];
for (const { lid, leaseHash, ports, route } of node.leases) {
  const routed = route === undefined ? {} : { route };
  const doors = ports.map((port) => {
    return { service: "web", replica: 0, port, protocol: "tcp" as const, ...routed };
  });
  const request = { lid: BigInt(lid), leaseHash, doors };
  const { endpoints } = await session.openDoors(request, AbortSignal.timeout(10_000));
  publicPorts.push(ports.map((port) => endpoints.find((one) => one.port === port)?.publicPort ?? 0));
}
const facts: AgentFacts = { publicPorts, figuresPort: await serveFigures(() => ({})) };
sayReady(facts);
await running;
process.exit(1);

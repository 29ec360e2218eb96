/** The parts of a private path, each by itself: tests put them in one process, or on hosts of their own. */
import { type DirectRule } from "@fizz/protocol/direct";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { fizzDomain, grantTypedData, type SessionGrant, type SignedGrant } from "@fizz/protocol/typed-data";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";
import { NodeSession } from "../../../cli/src/session/node-session.ts";
import {
  MAX_CONNECT_REQUESTS_PER_WINDOW,
  MAX_CONNECTS_PER_CLIENT,
  serveConnect,
} from "../../../node-agent/src/p2p/connect-protocol.ts";
import { DIRECT_LIMITS, serveDirect } from "../../../node-agent/src/p2p/direct-protocol.ts";
import { GatewaySession } from "../../../node-agent/src/p2p/gateway-session.ts";
import { type NodeHost } from "../../../node-agent/src/p2p/host.ts";
import { PeerLimits } from "../../../node-agent/src/p2p/peer-limits.ts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { type TunnelTargets } from "../../../node-agent/src/ports.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { hashOf, storedLease } from "../../node-agent/support/builders.ts";
import { MemoryStore } from "../../node-agent/support/memory-store.ts";
import { idlePulsing } from "../../node-agent/support/memory-pulses.ts";
import { sessionGate } from "../../node-agent/support/session-gate.ts";
import { silentLog } from "../../node-agent/support/silent-log.ts";
import { MARKET, nodeFacts, offer, SLASHER, testKey } from "../../relayer/support/builders.ts";
import {
  gatewayAddress,
  type GatewayFixture,
  startGatewayFixture,
} from "../../relayer/support/gateway-fixture.ts";

const CHAIN_ID = 31_337;
export const NODE_ID = 1n;
const NODE_KEY = testKey(0x11);
export const TENANT_KEY = testKey(0x77);
export const LEASE = hashOf("lease");
export const DOMAIN = fizzDomain(CHAIN_ID, MARKET);
export const TARGET = { service: "web", replica: 0, port: 8080 } as const;

const NO_TARGETS: TunnelTargets = {
  locate: () => Promise.reject(new ProtocolError("LEASE_NOT_FOUND", "This node has no public ports.")),
};

/** A gateway that knows the node. */
export async function startConnectGateway(listen?: readonly string[]): Promise<GatewayFixture> {
  return admitNode(await startGatewayFixture(listen === undefined ? {} : { listen }));
}

/** Lets a gateway know the node. */
export function admitNode(gateway: GatewayFixture): GatewayFixture {
  gateway.chain.addNode(nodeFacts({ nodeId: NODE_ID, operator: privateKeyToAddress(NODE_KEY) }));
  return gateway;
}

export interface ConnectNodeInit {
  /** Multiaddr with the peer id. */
  readonly gateway: string;
  /** Where the container's only port listens; undefined while it does not run. */
  readonly container: () => { readonly host: string; readonly port: number } | undefined;
  readonly idleMs?: number;
  readonly directRule?: DirectRule;
}

export interface ConnectNode {
  readonly peerId: string;
  /** Whether its session with the gateway still runs. */
  isConnected(): boolean;
  /** Cuts the direct connections of clients. @returns How many there were. */
  dropDirect(): number;
  stop(): Promise<void>;
}

/** A node that serves one lease, with the agent's own code from the gateway to the container's port. */
export async function startConnectNode({
  gateway,
  container,
  idleMs,
  directRule = "off",
}: ConnectNodeInit): Promise<ConnectNode> {
  const store = new MemoryStore();
  await store.save(storedLease({ leaseHash: LEASE, tenant: privateKeyToAddress(TENANT_KEY) }));
  const gate = sessionGate(store, { nodeId: NODE_ID, domain: DOMAIN });
  const gatewayPeer = gateway.split("/p2p/")[1] ?? "";
  const limits = new PeerLimits(clock, {
    maxStreams: MAX_CONNECTS_PER_CLIENT,
    maxRequestsPerWindow: MAX_CONNECT_REQUESTS_PER_WINDOW,
  });
  let host: NodeHost | undefined;
  const session = new GatewaySession(
    {
      clock,
      log: silentLog,
      offer: () => Promise.resolve(offer()),
      pulsing: idlePulsing({ key: NODE_KEY, nodeId: NODE_ID, slasher: SLASHER }),
      serve: async (created, signal) => {
        host = created;
        const privateTargets = { locatePrivate: (target: TunnelOpen) => locate(target, container()) };
        const services = { gate, privateTargets, ...(idleMs === undefined ? {} : { connectIdleMs: idleMs }) };
        const context = { log: silentLog, gatewayPeer, signal };
        await serveTunnelLink(created, { targets: NO_TARGETS, context });
        await serveConnect(created, services, { ...context, limits });
        const direct = { rule: directRule, domain: DOMAIN };
        const directContext = { ...context, limits: new PeerLimits(clock, DIRECT_LIMITS) };
        await serveDirect(
          { host: created, dialer: created.services.direct },
          { gate, direct },
          directContext,
        );
      },
    },
    {
      privateKey: NODE_KEY,
      gatewayPeer,
      subnetId: 1,
      multiaddrs: [gateway],
      hello: { agentVersion: "0.1.0", chainId: CHAIN_ID, market: MARKET, nodeId: NODE_ID },
    },
  );
  const { run } = await session.open();
  let isConnected = true;
  const running = run().finally(() => (isConnected = false));
  return {
    peerId: host?.peerId.toString() ?? "",
    isConnected: () => isConnected,
    dropDirect: () => {
      const direct = (host?.getConnections() ?? []).filter(
        (connection) => connection.direct && connection.remotePeer.toString() !== gatewayPeer,
      );
      for (const connection of direct) connection.abort(new ProtocolError("STREAM_CLOSED", "cut"));
      return direct.length;
    },
    stop: async () => {
      await session.close();
      await running;
    },
  };
}

async function locate(
  { service, port }: TunnelOpen,
  container: { readonly host: string; readonly port: number } | undefined,
): Promise<{ host: string; port: number }> {
  if (service !== TARGET.service || port !== TARGET.port)
    throw new ProtocolError("SERVICE_UNKNOWN", "The manifest exposes no such TCP port of that service.");
  if (container === undefined)
    throw new ProtocolError("SERVICE_UNREACHABLE", "The container does not run at the moment.");
  return await Promise.resolve(container);
}

/** The tenant's grant for a session key. */
export async function grantOf(sessionKey: Hex, changes: Partial<SessionGrant> = {}): Promise<SignedGrant> {
  const wallet = privateKeyToAccount(TENANT_KEY);
  const grant: SessionGrant = {
    tenant: wallet.address,
    nodeId: NODE_ID,
    leaseHash: LEASE,
    sessionKey: publicKeyOfPrivateKey(sessionKey),
    scopes: "status connect",
    expiresAt: Math.floor(Date.now() / 1_000) + 600,
    ...changes,
  };
  return { grant, signature: await wallet.signTypedData(grantTypedData(DOMAIN, grant)) };
}

/** A tenant's session with the node, with the CLI's own code. */
export async function openConnectSession(
  gateway: string,
  peerId: string,
  changes: {
    readonly grant?: Partial<SessionGrant>;
    readonly sessionKey?: Hex;
    readonly directRule?: DirectRule;
  } = {},
): Promise<NodeSession> {
  const privateKey = changes.sessionKey ?? testKey(0x22);
  const signed = await grantOf(privateKey, changes.grant);
  return new NodeSession({
    gatewayAddresses: [gateway],
    peerId,
    session: { privateKey, signed },
    direct: { domain: DOMAIN, rule: changes.directRule ?? "off" },
  });
}

/** The gateway's TCP address, with its peer id. */
export function tcpAddress(gateway: GatewayFixture): string {
  return gatewayAddress(gateway.host, "tcp");
}

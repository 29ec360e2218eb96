import { type ContractAddresses, type GatewayNetwork } from "@fizz/protocol/messages";
import { type Address } from "viem";
import { type HistoryStatus } from "../history-ports.ts";
import { type DirectoryFeeds, type DirectoryView } from "../directory-ports.ts";
import { type Backend, type Chain, type Clock, type HealthReport } from "../ports.ts";
import { VERSION } from "../version.ts";
import { type ControlDesk } from "./control-desk.ts";
import { type ManifestDesk } from "./manifest-desk.ts";
import { type NodeDirectory } from "./node-directory.ts";
import { type SharedNodes } from "./shared-nodes.ts";
import { type WaitingOrders } from "./waiting-orders.ts";

export interface GatewayBackendComponents {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly nodes: NodeDirectory;
  readonly directory: DirectoryView;
  readonly quoteDesk: WaitingOrders;
  readonly feed: DirectoryFeeds;
  readonly manifestDesk: ManifestDesk;
  readonly controlDesk: ControlDesk;
  readonly doorCounts: () => HealthReport["doors"];
  /** Where the nodes of other processes are; undefined where there are none. */
  readonly sharing: Pick<SharedNodes, "multiaddrsOf"> | undefined;
  /** Dialable libp2p addresses. */
  readonly multiaddrs: () => string[];
  readonly historyStatus: () => HistoryStatus | null;
}

export interface GatewayBackendInit {
  readonly operator: Address;
  readonly peerId: string;
  readonly publicHost: string;
  readonly contracts: ContractAddresses;
}

/** Joins the desks to what the HTTP API offers. */
export function gatewayBackend(components: GatewayBackendComponents, init: GatewayBackendInit): Backend {
  const { chain, clock, nodes, directory, feed, quoteDesk, manifestDesk, controlDesk } = components;
  const startedAt = clock();
  return {
    health: () => {
      const health = chain.health();
      return {
        status: health.reachable ? "ok" : "degraded",
        version: VERSION,
        chain: health,
        nodesOnline: nodes.onlineCount(),
        doors: components.doorCounts(),
        history: components.historyStatus(),
        uptimeSeconds: Math.floor((clock() - startedAt) / 1_000),
      };
    },
    network: async (nodeId): Promise<GatewayNetwork> => {
      const { chainId, subnetId } = await chain.identity();
      const elsewhere = nodeId === undefined ? undefined : components.sharing?.multiaddrsOf(nodeId);
      const multiaddrs = elsewhere === undefined ? components.multiaddrs() : [...elsewhere];
      return { version: VERSION, chainId, subnetId, ...init, multiaddrs };
    },
    directory,
    quotes: (request, signal, caller) => quoteDesk.quotes(request, signal, caller),
    feed,
    deliverManifest: (delivery, signal) => manifestDesk.deliver(delivery, signal),
    challenge: (lid, signal) => controlDesk.challenge(lid, signal),
    status: (lid, auth, signal) => controlDesk.status(lid, auth, signal),
    revoke: (lid, signed, signal) => controlDesk.revoke(lid, signed, signal),
    logs: (lid, request, signal) => controlDesk.logs(lid, request, signal),
    events: (lid, request, signal) => controlDesk.events(lid, request, signal),
    stats: (lid, request, signal) => controlDesk.stats(lid, request, signal),
  };
}

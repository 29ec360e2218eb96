import { type NodeEntry, type Offer } from "@fizz/protocol/messages";
import { type Hex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type DirectoryFeeds, type DirectoryView } from "../../../relayer/src/directory-ports.ts";
import { type DirectoryRoutesInit } from "../../../relayer/src/http/directory-routes.ts";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { type Backend, type NodeFacts } from "../../../relayer/src/ports.ts";
import { type RoundsView } from "../../../relayer/src/rounds-ports.ts";
import { DirectoryDesk } from "../../../relayer/src/services/directory-desk.ts";
import { NodeDirectory } from "../../../relayer/src/services/node-directory.ts";
import { NodeFeed, type NodeFeedInit } from "../../../relayer/src/services/node-feed.ts";
import { CONTRACTS, memoryHttpMeter, memoryLogger, nodeFacts, offer, testKey } from "./builders.ts";
import { FakeChain } from "./fake-chain.ts";

const FACTS = nodeFacts();

export interface DirectoryWorld {
  /** Unix milliseconds; tests set it. */
  now: number;
  readonly chain: FakeChain;
  readonly nodes: NodeDirectory;
  readonly desk: DirectoryDesk;
  readonly feed: NodeFeed;
  /** Brings a node online. */
  join(nodeId: bigint, changes?: NodeWish): Promise<void>;
}

export interface NodeWish {
  readonly facts?: Partial<NodeFacts>;
  readonly offer?: Partial<Offer>;
}

/** The directory with its desk over a chain in memory; nodes join without a network. */
export function directoryWorld(
  init: { readonly maxNodes?: number; readonly feed?: NodeFeedInit; readonly rounds?: RoundsView } = {},
): DirectoryWorld {
  const chain = new FakeChain();
  const clock = (): number => world.now;
  const { maxNodes = 1_000 } = init;
  const nodes = new NodeDirectory(
    { chain, clock, logger: memoryLogger(), hasLeases: () => false },
    { contracts: CONTRACTS, maxNodes },
  );
  const listed = { nodes, clock, ...(init.rounds && { rounds: init.rounds }) };
  const desk = new DirectoryDesk(listed);
  const world: DirectoryWorld = {
    now: 1_700_000_000_000,
    chain,
    nodes,
    desk,
    feed: new NodeFeed({ ...listed, desk }, init.feed),
    join: async (nodeId, changes = {}) => {
      const facts = { ...FACTS, nodeId, operator: operatorOf(nodeId), ...changes.facts };
      chain.addNode(facts);
      await nodes.admit({
        operator: facts.operator,
        peerId: `peer-${nodeId}`,
        agentVersion: "0.1.0",
        chainId: 31_337,
        market: CONTRACTS.leaseMarket,
        nodeId,
        offer: offer(changes.offer),
      });
      nodes.online(nodeId);
    },
  };
  return world;
}

/** Serves a directory over HTTP on a free port. */
export async function serveDirectory(
  { desk, feed }: { readonly desk: DirectoryView; readonly feed: DirectoryFeeds },
  directory: DirectoryRoutesInit = {},
): Promise<{ readonly url: string; readonly server: HttpServer }> {
  // Only the directory's routes are asked.
  const backend = { directory: desk, feed } as unknown as Backend;
  const server = new HttpServer(
    { backend, meter: memoryHttpMeter(), logger: memoryLogger() },
    { host: "127.0.0.1", port: 0, rateLimit: 1_000_000, directory },
  );
  return { server, url: `http://127.0.0.1:${await server.start()}` };
}

export function idsOf(nodes: readonly NodeEntry[]): number[] {
  return nodes.map(({ nodeId }) => Number(nodeId));
}

function operatorOf(nodeId: bigint): Hex {
  return nodeId < 200n ? privateKeyToAccount(testKey(Number(nodeId))).address : zeroAddress;
}

import { type OpenedStore } from "./app-store.ts";
import { BEAT_MS } from "./domain/sharing-rules.ts";
import { type DoorKeeper } from "./doors/door-keeper.ts";
import { ForwardClient } from "./p2p/forward-client.ts";
import { startForwardHost } from "./p2p/forward-host.ts";
import { forwardKey, forwardPeerId } from "./p2p/forward-key.ts";
import { ForwardServer } from "./p2p/forward-server.ts";
import { type NodeLinks } from "./p2p/node-links.ts";
import { type TunnelClient } from "./p2p/tunnel-client.ts";
import { type TunnelLinks } from "./p2p/tunnel-links.ts";
import { Coalesced } from "./services/coalesced.ts";
import { type NodeDirectory } from "./services/node-directory.ts";
import { SharedNodes } from "./services/shared-nodes.ts";
import { type StartContext } from "./start-context.ts";
import { VERSION } from "./version.ts";

interface SharingParts {
  readonly links: NodeLinks;
  readonly tunnelLinks: TunnelLinks;
  readonly tunnels: TunnelClient;
  readonly nodes: NodeDirectory;
  readonly doors: DoorKeeper;
  /** Where nodes and clients reach this process. */
  readonly multiaddrs: () => string[];
}

/**
 * Joins this process to the others of its gateway: their nodes are listed, and reached through them.
 *
 * @returns Undefined with the embedded database, which has one process.
 */
export async function joinOthers(
  context: StartContext,
  { shared, processId: id }: Pick<OpenedStore, "shared" | "processId">,
  parts: SharingParts,
): Promise<SharedNodes | undefined> {
  if (shared === undefined) return undefined;
  const { config, begin, key } = context;
  const { links, tunnels, nodes } = parts;
  const logger = context.logger.child({ part: "sharing" });
  const isMember = async (peerId: string): Promise<boolean> => await isProcess(sharedNodes, key, peerId);
  const privateKey = forwardKey(key, id);
  const host = await startForwardHost({ privateKey, listen: config.forwardListen, isMember });
  await begin(host);
  const address = host.getMultiaddrs()[0]?.decapsulate("/p2p").toString() ?? config.forwardListen;
  const drop = (nodeId: bigint): void => {
    links.drop(nodeId);
  };
  const sharedNodes = new SharedNodes(
    { registry: shared.registry, nodes, drop, clock: Date.now, logger },
    { id, address, multiaddrs: parts.multiaddrs(), version: VERSION },
  );
  const client = new ForwardClient(
    { host, processOf: (nodeId) => sharedNodes.processOf(nodeId) },
    { operatorKey: key },
  );
  await begin(client);
  links.forwardWith(client.openStream);
  tunnels.forwardWith(client.linkTo);
  await begin(new ForwardServer({ host, links, tunnels: parts.tunnelLinks, logger }));
  await begin(sharedNodes);
  await begin(follow(shared, sharedNodes, { doors: parts.doors, logger }));
  return sharedNodes;
}

/** A process that began just now is not known yet. */
async function isProcess(sharedNodes: SharedNodes, key: `0x${string}`, peerId: string): Promise<boolean> {
  const isKnown = (): boolean => sharedNodes.processes().some(({ id }) => forwardPeerId(key, id) === peerId);
  if (isKnown()) return true;
  await sharedNodes.look();
  return isKnown();
}

/** Looks at what the others changed when the database tells it, and from time to time in case it did not. */
function follow(
  shared: NonNullable<OpenedStore["shared"]>,
  sharedNodes: SharedNodes,
  { doors, logger }: { readonly doors: DoorKeeper; readonly logger: StartContext["logger"] },
): { start: () => void; stop: () => Promise<void> } {
  const nodesChanged = new Coalesced(() => sharedNodes.look());
  const doorsChanged = new Coalesced(async () => {
    await doors.sync().catch((error: unknown) => {
      logger.debug({ event: "sharing.doors.unread", error }, "Doors of other processes are read later.");
    });
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      shared.onNotify((channel) => {
        if (channel === "fizz_doors") doorsChanged.ask();
        if (channel === "fizz_nodes") nodesChanged.ask();
      });
      timer = setInterval(() => {
        doorsChanged.ask();
      }, BEAT_MS);
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all([nodesChanged.settled(), doorsChanged.settled()]);
    },
  };
}

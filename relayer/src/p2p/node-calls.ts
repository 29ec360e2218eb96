import { type NodeCalls } from "../ports.ts";
import {
  askChallenge,
  askStatus,
  followEvents,
  followLogs,
  followStats,
  passRevocation,
} from "./control-client.ts";
import { sendManifest } from "./manifest-client.ts";
import { type NodeLinks } from "./node-links.ts";
import { askQuote } from "./quote-client.ts";

/** What the rest of the gateway may ask of a node, over libp2p. */
export function nodeCalls(links: NodeLinks): NodeCalls {
  return {
    quote: (nodeId, request, signal) => askQuote(links, { nodeId, request }, signal),
    manifest: (nodeId, delivery, signal) => sendManifest(links, { nodeId, delivery }, signal),
    challenge: (nodeId, message, signal) => askChallenge(links, { nodeId, message }, signal),
    status: (nodeId, message, signal) => askStatus(links, { nodeId, message }, signal),
    revoke: (nodeId, message, signal) => passRevocation(links, { nodeId, message }, signal),
    logs: (nodeId, message, signal) => followLogs(links, { nodeId, message }, signal),
    events: (nodeId, message, signal) => followEvents(links, { nodeId, message }, signal),
    stats: (nodeId, message, signal) => followStats(links, { nodeId, message }, signal),
  };
}

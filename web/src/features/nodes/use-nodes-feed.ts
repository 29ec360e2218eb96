"use client";

import { useSyncExternalStore } from "react";
import { useNetwork } from "../../network/network-context.tsx";
import { NodesFeed, type NodesSnapshot } from "./nodes-feed.ts";

const feeds = new Map<string, NodesFeed>();
const NONE: NodesSnapshot = { nodes: undefined, state: "connecting" };

/** The live list of the page's gateway; one connection however many components look at it. */
export function useNodesFeed(): NodesSnapshot {
  const { gatewayUrl } = useNetwork();
  const feed = feedOf(gatewayUrl);
  return useSyncExternalStore(feed.subscribe, feed.snapshot, () => NONE);
}

function feedOf(gatewayUrl: string): NodesFeed {
  const known = feeds.get(gatewayUrl);
  if (known !== undefined) return known;
  const feed = new NodesFeed({
    open: (cursor) => {
      const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
      return new EventSource(`${gatewayUrl}/v1/nodes/stream${query}`);
    },
    parse: async (kind, data) => {
      // What checks the list is half as large as the page itself: it comes while the connection is made.
      const { readNodes } = await import("./read-nodes.ts");
      return readNodes(kind, data);
    },
    schedule: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => {
        clearTimeout(timer);
      };
    },
  });
  feeds.set(gatewayUrl, feed);
  return feed;
}

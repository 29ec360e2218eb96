"use client";

import type { ReactElement } from "react";
import { useBlockNumber } from "wagmi";
import { useNetwork, useNetworkIfReady } from "../../network/network-context.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useNodesFeed } from "../nodes/use-nodes-feed.ts";

const CHAIN_CHECK_MS = 4_000;

/** Says which of the two others is away. Nothing else on the page breaks meanwhile: it shows what it last knew. */
export function ConnectionBanner(): ReactElement | null {
  return useNetworkIfReady() === undefined ? null : <Unreachable />;
}

function Unreachable(): ReactElement | null {
  const { rpcUrl, gatewayUrl } = useNetwork();
  const feed = useNodesFeed();
  const block = useBlockNumber({ query: { refetchInterval: CHAIN_CHECK_MS, retry: false } });
  const away = [
    ...(block.isError ? [`The chain's RPC at ${rpcUrl} does not answer.`] : []),
    ...(feed.state === "unreachable" ? [`The gateway at ${gatewayUrl} does not answer.`] : []),
  ];
  if (away.length === 0) return null;
  return (
    <div className="mx-auto w-full max-w-7xl px-4 pt-4 sm:px-6">
      <Notice tone="warning">
        {away.join(" ")} Deployments keep running; this page tries again every few seconds.
      </Notice>
    </div>
  );
}

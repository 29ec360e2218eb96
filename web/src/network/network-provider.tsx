"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { type Config, WagmiProvider } from "wagmi";
import { createChainConfig } from "../chain/chain-config.ts";
import { loadNetwork } from "./load-network.ts";
import type { NetworkConfig } from "./network-config.ts";
import { NetworkContext, NetworkProblemContext } from "./network-context.tsx";

const RETRY_MS = 3_000;

interface Ready {
  readonly network: NetworkConfig;
  readonly wagmi: Config;
}

/** Loads /network.json, again and again until it is there, and gives chain and queries to what is inside. */
export function NetworkProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [ready, setReady] = useState<Ready>();
  const [problem, setProblem] = useState<string>();
  const [queries] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 1_000 } } }),
  );
  useEffect(() => {
    const abort = new AbortController();
    void untilLoaded(abort.signal, setProblem).then((loaded) => {
      if (loaded !== undefined) setReady(loaded);
    });
    return () => {
      abort.abort();
    };
  }, []);
  const content = (
    <NetworkProblemContext value={problem}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </NetworkProblemContext>
  );
  if (ready === undefined) return content;
  return (
    <NetworkContext value={ready.network}>
      <WagmiProvider config={ready.wagmi} reconnectOnMount>
        {content}
      </WagmiProvider>
    </NetworkContext>
  );
}

async function untilLoaded(
  signal: AbortSignal,
  onProblem: (problem: string | undefined) => void,
): Promise<Ready | undefined> {
  for (;;) {
    const result = await loadNetwork(signal);
    if (signal.aborted) return undefined;
    onProblem(result.ok ? undefined : result.message);
    if (result.ok) return { network: result.config, wagmi: await createChainConfig(result.config) };
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

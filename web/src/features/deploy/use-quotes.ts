"use client";

import type { Manifest } from "@fizz/protocol/manifest";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useConfig, useConnection } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import type { QuoteRound } from "./request-quotes.ts";

/** Time that the page waits for a bid, unless it is left or told to stop, in seconds. */
const WAIT_SECONDS = 3_600;

export interface Quotes {
  /** Of this text and this wallet. */
  readonly round: QuoteRound | undefined;
  readonly state: "idle" | "asking" | "waiting";
  readonly ask: () => void;
  /** Asks until somebody bids. */
  readonly wait: () => void;
  readonly stop: () => void;
}

/** Quotes for a manifest. They belong to the text and the wallet that they were asked for. */
export function useQuotes(text: string, manifest: Manifest | undefined): Quotes {
  const config = useConfig();
  const network = useNetwork();
  const { address } = useConnection();
  const [round, setRound] = useState<{ readonly text: string; readonly value: QuoteRound }>();
  const running = useRef<AbortController>(undefined);
  const asking = useMutation({
    mutationFn: async (waitSeconds: number) => {
      if (manifest === undefined || address === undefined) return;
      const own = new AbortController();
      running.current?.abort();
      running.current = own;
      const { requestQuotes } = await import("./request-quotes.ts");
      const { signal } = own;
      try {
        const context = { config, network, tenant: address };
        const value = await requestQuotes(context, manifest, { waitSeconds, signal });
        if (!signal.aborted) setRound({ text, value });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    onError: (error) => void showError(error),
  });
  const stop = useCallback(() => {
    running.current?.abort();
  }, []);
  // Who leaves the page, or changes what was asked, waits no longer.
  useEffect(() => stop, [text, address, stop]);
  const isCurrent = round?.text === text && round.value.tenant === address;
  const pending = asking.variables === 0 ? "asking" : "waiting";
  return {
    round: isCurrent ? round.value : undefined,
    state: asking.isPending ? pending : "idle",
    ask: () => {
      asking.mutate(0);
    },
    wait: () => {
      asking.mutate(WAIT_SECONDS);
    },
    stop,
  };
}

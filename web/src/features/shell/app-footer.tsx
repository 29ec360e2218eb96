"use client";

import type { ReactElement } from "react";
import { shortHex } from "../../format/format.ts";
import { useNetworkIfReady } from "../../network/network-context.tsx";

/** Which network this is: nobody should have to guess with whose money they play. */
export function AppFooter(): ReactElement {
  const network = useNetworkIfReady();
  return (
    <footer className="mt-10 border-t border-border">
      <div className="mx-auto flex w-full max-w-7xl flex-wrap gap-x-6 gap-y-1 px-4 py-5 text-xs text-muted sm:px-6">
        <span>Fizz, a community compute network</span>
        {network === undefined ? null : (
          <>
            <span>
              {network.chainName} (chain {network.chainId})
            </span>
            <span>Subnet {network.subnetId}</span>
            <span title={network.contracts.leaseMarket}>
              LeaseMarket <span className="font-mono">{shortHex(network.contracts.leaseMarket)}</span>
            </span>
          </>
        )}
      </div>
    </footer>
  );
}

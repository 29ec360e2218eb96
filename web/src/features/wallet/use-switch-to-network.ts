"use client";

import { useSwitchChain } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";

/** Asks the wallet for this page's chain, and adds it there when the wallet does not know it. */
export function useSwitchToNetwork(): { readonly switchChain: () => void; readonly isPending: boolean } {
  const { chainId } = useNetwork();
  const { mutate, isPending } = useSwitchChain({ mutation: { onError: (error) => void showError(error) } });
  const switchChain = (): void => {
    mutate({ chainId });
  };
  return { switchChain, isPending };
}

"use client";

import { createContext, useContext } from "react";
import type { NetworkConfig } from "./network-config.ts";

export const NetworkContext = createContext<NetworkConfig | undefined>(undefined);
/** Why the network is not loaded yet, as a sentence. */
export const NetworkProblemContext = createContext<string | undefined>(undefined);

/** The network of this page; undefined until it is loaded. */
export function useNetworkIfReady(): NetworkConfig | undefined {
  return useContext(NetworkContext);
}

/** The network of this page. Only below {@link NetworkGate}, which waits for it. */
export function useNetwork(): NetworkConfig {
  const config = useContext(NetworkContext);
  if (config === undefined) throw new TypeError("useNetwork outside of NetworkGate");
  return config;
}

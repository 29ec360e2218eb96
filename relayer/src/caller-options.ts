import { type Option } from "./config-option.ts";

/** Settings of what callers may do. */
export const CALLER_OPTIONS: readonly Option[] = [
  {
    env: "FIZZ_GATEWAY_RATE_LIMIT",
    key: "rateLimit",
    fallback: "600",
    text: "HTTP calls per minute and address.",
  },
  {
    env: "FIZZ_GATEWAY_WALLET_RATE_LIMIT",
    key: "walletRateLimit",
    fallback: "300",
    text: "HTTP calls per minute that one wallet signed, from all addresses.",
  },
  {
    env: "FIZZ_GATEWAY_LIMIT_SHARE",
    key: "limitShare",
    fallback: "1",
    text: "Processes that share the limits of a wallet, an address or a lease: each has so much of them.",
  },
];

/** Of the requests that the gateway pays for; part of CONFIG_OPTIONS. */
export const RELAY_OPTIONS = [
  {
    env: "FIZZ_GATEWAY_RELAY_NODES",
    key: "relayNodes",
    fallback: "true",
    text: "Whether the gateway pays the gas of calls that nodes of its subnet sign.",
  },
  {
    env: "FIZZ_GATEWAY_SPONSOR_TENANTS",
    key: "sponsorTenants",
    fallback: "off",
    text: "The same for tenants, in leases of this subnet: off, all, or addresses, comma separated.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_REQUESTS_PER_SIGNER",
    key: "relayRequestsPerSigner",
    fallback: "100",
    text: "Relayed requests of one signer in 24 hours.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_GAS_PER_SIGNER",
    key: "relayGasPerSigner",
    fallback: "10000000",
    text: "Their gas.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_REQUESTS_PER_DAY",
    key: "relayRequestsPerDay",
    fallback: "10000",
    text: "Relayed requests of all in 24 hours.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_GAS_PER_DAY",
    key: "relayGasPerDay",
    fallback: "100000000",
    text: "Their gas: with the highest fee, the most that a day can cost.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_MAX_GAS",
    key: "relayMaxGas",
    fallback: "500000",
    text: "Gas that one relayed request may name.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_MAX_FEE_GWEI",
    key: "relayMaxFeeGwei",
    fallback: "100",
    text: "Highest fee per gas that is paid, in gwei; above it requests wait.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_BUMP_BLOCKS",
    key: "relayBumpBlocks",
    fallback: "3",
    text: "Blocks without its transaction after which a higher fee is offered.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_MIN_BALANCE",
    key: "relayMinBalance",
    fallback: "0.005",
    text: "Coins below which the key takes no new requests.",
  },
] as const;

/** EIP-712 types, each once. test/contracts/typed-data.test.ts holds their hashes against the contracts'. */
export const quoteTypes = {
  Quote: [
    { name: "nodeId", type: "uint64" },
    { name: "subnetId", type: "uint32" },
    { name: "tenant", type: "address" },
    { name: "token", type: "address" },
    { name: "ratePerSecond", type: "uint96" },
    { name: "resources", type: "uint128" },
    { name: "openPartHash", type: "bytes32" },
    { name: "sealingKey", type: "bytes32" },
    { name: "startWindowSeconds", type: "uint32" },
    { name: "noticeSeconds", type: "uint32" },
    { name: "minSeconds", type: "uint32" },
    { name: "maxSeconds", type: "uint32" },
    { name: "reservationSeconds", type: "uint16" },
    { name: "subnetCutBps", type: "uint16" },
    { name: "protocolCutBps", type: "uint16" },
    { name: "expiresAt", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
} as const;

export const manifestReceiptTypes = {
  ManifestReceipt: [
    { name: "lid", type: "uint256" },
    { name: "leaseHash", type: "bytes32" },
    { name: "manifestHash", type: "bytes32" },
  ],
} as const;

export const downtimeCreditTypes = {
  DowntimeCredit: [
    { name: "leaseHash", type: "bytes32" },
    { name: "cumulativeSeconds", type: "uint32" },
  ],
} as const;

/** Domain contract: NodeRegistry. */
export const operatorConsentTypes = {
  OperatorConsent: [
    { name: "owner", type: "address" },
    { name: "operator", type: "address" },
  ],
} as const;

/** Domain contract: NodeRegistry. */
export const subnetOptInTypes = {
  SubnetOptIn: [
    { name: "nodeId", type: "uint64" },
    { name: "subnetId", type: "uint32" },
    { name: "acceptedCutBps", type: "uint16" },
    { name: "expiresAt", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
} as const;

/** Domain contract: CapacityRounds. */
export const capacityAnswerTypes = {
  CapacityAnswer: [
    { name: "nodeId", type: "uint64" },
    { name: "subnetId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "seed", type: "bytes32" },
    { name: "threads", type: "uint16" },
    { name: "memoryMiB", type: "uint32" },
    { name: "gpuUnits", type: "uint16" },
    { name: "cpuTier", type: "uint16" },
    { name: "gpuTier", type: "uint16" },
    { name: "cpuRoot", type: "bytes32" },
    { name: "memoryRoot", type: "bytes32" },
    { name: "offChainRoot", type: "bytes32" },
  ],
} as const;

export const sessionGrantTypes = {
  SessionGrant: [
    { name: "tenant", type: "address" },
    { name: "nodeId", type: "uint64" },
    { name: "leaseHash", type: "bytes32" },
    { name: "sessionKey", type: "bytes" },
    { name: "scopes", type: "string" },
    { name: "expiresAt", type: "uint40" },
  ],
} as const;

/** `sessionKey` is all zeros for every key of the lease. */
export const sessionRevocationTypes = {
  SessionRevocation: [
    { name: "tenant", type: "address" },
    { name: "nodeId", type: "uint64" },
    { name: "leaseHash", type: "bytes32" },
    { name: "sessionKey", type: "bytes" },
    { name: "upTo", type: "uint40" },
  ],
} as const;

export const revocationReceiptTypes = {
  RevocationReceipt: [
    { name: "revocation", type: "bytes32" },
    { name: "at", type: "uint40" },
  ],
} as const;

export const observedAddressTypes = {
  ObservedAddress: [
    { name: "peer", type: "address" },
    { name: "host", type: "string" },
    { name: "port", type: "uint16" },
    { name: "at", type: "uint40" },
  ],
} as const;

export const sessionProofTypes = {
  SessionProof: [
    { name: "nodeId", type: "uint64" },
    { name: "leaseHash", type: "bytes32" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

/** Domain contract: EraRewards. */
export const eraReportTypes = {
  EraReport: [
    { name: "subnetId", type: "uint32" },
    { name: "era", type: "uint32" },
    { name: "root", type: "bytes32" },
    { name: "cumulativeTotal", type: "uint128" },
  ],
} as const;

/** Domain contract: Slasher. */
export const pulseTypes = {
  Pulse: [
    { name: "nodeId", type: "uint64" },
    { name: "subnetId", type: "uint32" },
    { name: "at", type: "uint40" },
    { name: "leases", type: "uint32" },
    { name: "leaseRoot", type: "bytes32" },
  ],
} as const;

/** Domain contract: Slasher. */
export const serviceReceiptTypes = {
  ServiceReceipt: [
    { name: "leaseHash", type: "bytes32" },
    { name: "from", type: "uint40" },
    { name: "until", type: "uint40" },
  ],
} as const;

/** Of OpenZeppelin's ERC2771Forwarder. Domain contract: FizzForwarder, with a name of its own. */
export const forwardRequestTypes = {
  ForwardRequest: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "gas", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint48" },
    { name: "data", type: "bytes" },
  ],
} as const;

export { consentTypedData } from "./consent.ts";
export { fizzDomain, type FizzDomain } from "./domain.ts";
export { type DowntimeCredit, downtimeCreditSchema, downtimeTypedData } from "./downtime.ts";
export {
  type ObservedAddress,
  observedTypedData,
  recoverObservedSigner,
  type SignedObserved,
} from "./observed-address.ts";
export { optInTypedData, type SubnetOptIn } from "./opt-in.ts";
export {
  type EraReport,
  eraReportSchema,
  eraReportTypedData,
  recoverEraReportSigner,
  type SignedEraReport,
  signedEraReportSchema,
} from "./era-report.ts";
export {
  type ForwarderDomain,
  forwarderDomain,
  type ForwardRequest,
  forwardRequestId,
  forwardRequestSchema,
  forwardRequestTypedData,
  MAX_REQUEST_DATA_BYTES,
  recoverForwardRequestSigner,
  type SignedForwardRequest,
  signedForwardRequestSchema,
  signForwardRequest,
} from "./forward-request.ts";
export { leaseTree, type LeaseTree } from "./lease-tree.ts";
export {
  type Pulse,
  pulseHasher,
  pulseSchema,
  pulseSignatureSchema,
  pulseTypedData,
  type SignedPulse,
  signedPulseSchema,
} from "./pulse.ts";
export {
  leaseHash,
  type LeaseHashInput,
  type Quote,
  quoteSchema,
  quoteTypedData,
  recoverQuotePublicKey,
  recoverQuoteSigner,
  type SignedQuote,
  signedQuoteSchema,
} from "./quote.ts";
export { quoteHash, quoteHasher } from "./quote-hash.ts";
export {
  type ManifestReceipt,
  manifestReceiptSchema,
  receiptTypedData,
  recoverReceiptSigner,
  type SignedReceipt,
  signedReceiptSchema,
} from "./receipt.ts";
export {
  ALL_SESSION_KEYS,
  recoverRevocationReceiptSigner,
  recoverRevocationSigner,
  revocationDigest,
  type RevocationReceipt,
  revocationReceiptTypedData,
  revocationTypedData,
  revokedUntilNow,
  revokes,
  type SessionRevocation,
  type SignedRevocation,
  type SignedRevocationReceipt,
  signedRevocationReceiptSchema,
  signedRevocationSchema,
} from "./revocation.ts";
export { type ServiceReceipt, serviceReceiptSchema, serviceReceiptTypedData } from "./service-receipt.ts";
export {
  grantCovers,
  grantTypedData,
  MAX_GRANT_SECONDS,
  proofTypedData,
  recoverGrantSigner,
  recoverProofSigner,
  type SessionGrant,
  sessionGrantSchema,
  type SessionProof,
  sessionProofSchema,
  type SessionScope,
  sessionScopes,
  type SignedGrant,
  signedGrantSchema,
} from "./session.ts";
export {
  downtimeCreditTypes,
  capacityAnswerTypes,
  eraReportTypes,
  forwardRequestTypes,
  manifestReceiptTypes,
  operatorConsentTypes,
  pulseTypes,
  quoteTypes,
  serviceReceiptTypes,
  sessionGrantTypes,
  sessionProofTypes,
  subnetOptInTypes,
} from "./types.ts";
